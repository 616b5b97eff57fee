import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Finding } from '../../../src/cli/doctor/findings.ts'
import type { DoctorApp } from '../../support/doctor-app.ts'
import { runTelltale, type CliResult } from '../../support/telltale-cli.ts'

/** What the doctor found in an application. */
export interface Examined extends CliResult {
  /** What is doubtful or wrong. */
  readonly findings: readonly Finding[]
  readonly codes: readonly string[]
  readonly fine: readonly Finding[]
}

/** An environment in which nothing is wrong, with a Collector at `url`. */
export function healthyEnvironment(app: DoctorApp, url: string): Record<string, string> {
  const spool = spoolOf(app)
  mkdirSync(spool, { recursive: true, mode: 0o700 })
  return {
    OTEL_SERVICE_NAME: 'shop-api',
    OTEL_EXPORTER_OTLP_ENDPOINT: url,
    OTEL_EXPORTER_PROMETHEUS_PORT: '0',
    TELLTALE_AUDIT_ENDPOINT: url,
    TELLTALE_AUDIT_TOKEN: 'a-token-of-the-test',
    TELLTALE_AUDIT_SPOOL_DIRECTORY: spool,
    // What a test machine has left on its disk is no matter here.
    TELLTALE_AUDIT_SPOOL_MAX_BYTES: String(2 ** 20),
  }
}

/** Runs the doctor on an application. */
export async function runDoctor(
  app: DoctorApp,
  env: Readonly<Record<string, string>>,
  words: readonly string[] = [],
): Promise<Examined> {
  const target = words.includes('--') ? [] : ['--app', app.folder]
  const result = await runTelltale(['doctor', ...target, '--json', ...words], env)
  const { findings = [] } = result.json() as { findings?: readonly Finding[] }
  // A temporary folder in memory is the machine's choice; another place is the test's.
  const isOurs = env['TELLTALE_AUDIT_SPOOL_DIRECTORY'] === spoolOf(app)
  const isPassedOver = ({ code }: Finding): boolean => isOurs && code === 'spool-in-memory'
  const wrong = findings.filter((each) => each.level !== 'ok' && !isPassedOver(each))
  return {
    ...result,
    findings: wrong,
    codes: wrong.map(({ code }) => code),
    fine: findings.filter(({ level }) => level === 'ok'),
  }
}

function spoolOf(app: DoctorApp): string {
  return join(app.folder, 'spool')
}
