import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { PartialAddresses } from '../../deploy/stack/stack.ts'

/** Runs the producer under the preload until its records are stored and its stream is ended. */
export async function runProducer(
  service: string,
  tens: number,
  addresses: PartialAddresses,
): Promise<void> {
  const spool = await mkdtemp(join(tmpdir(), 'telltale-tamper-spool-'))
  await promisify(execFile)(
    process.execPath,
    [
      '--import',
      'telltale/register',
      fileURLToPath(new URL('producer.ts', import.meta.url)),
      String(tens),
    ],
    {
      cwd: fileURLToPath(new URL('.', import.meta.url)),
      timeout: 120_000,
      env: {
        PATH: process.env['PATH'],
        HOME: process.env['HOME'],
        OTEL_SERVICE_NAME: service,
        OTEL_TRACES_EXPORTER: 'none',
        OTEL_LOGS_EXPORTER: 'none',
        OTEL_EXPORTER_PROMETHEUS_PORT: '0',
        TELLTALE_AUDIT_ENDPOINT: addresses.auditOtlp!,
        TELLTALE_AUDIT_TOKEN: addresses.auditToken!,
        TELLTALE_AUDIT_SPOOL_DIRECTORY: spool,
      },
    },
  )
  await rm(spool, { recursive: true })
}
