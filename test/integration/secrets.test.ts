import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { startOtlpReceiver } from '../support/otlp-receiver.ts'
import { startApp } from '../support/run-app.ts'
import { SECRET_MEMBERS, SECRET_TEXTS } from '../support/secrets/corpus.ts'

let folder: string
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'telltale-secrets-'))))
afterEach(() => rmSync(folder, { recursive: true }))

/** Every file below a folder, as bytes. */
function filesBelow(path: string): Buffer[] {
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name)))
}

test('no secret of the corpus leaves the process by any signal, or stays on its disk', async () => {
  await using receiver = await startOtlpReceiver()
  const mirror = join(folder, 'audit.log')
  const spool = join(folder, 'spool')
  const resourceSecret = SECRET_TEXTS[0]!.secret
  const app = startApp('secrets/leaky.mjs', {
    OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
    TELLTALE_AUDIT_ENDPOINT: receiver.url,
    TELLTALE_AUDIT_MIRROR_LOG: 'true',
    TELLTALE_AUDIT_MIRROR_FILE: mirror,
    TELLTALE_AUDIT_SPOOL_DIRECTORY: spool,
    TELLTALE_LOG_STDOUT: 'true',
    OTEL_RESOURCE_ATTRIBUTES: `deployment.note=${resourceSecret},team.password=swordfish`,
    NODE_OPTIONS: '--enable-source-maps',
  })
  const [, url] = await app.said(/metrics on (\S+)/)
  await app.said(/leaked all/)
  const metrics = await (await fetch(url!)).text()
  const onDisk = filesBelow(spool)
  app.process.kill('SIGTERM')
  const { stdout, stderr, code } = await app.ended()

  const places: Readonly<Record<string, string>> = {
    'sent over OTLP': receiver.bodies.map(String).join('\n'),
    'in the spool': onDisk.map(String).join('\n'),
    'in the mirror': readFileSync(mirror, 'utf8'),
    'on /metrics': metrics,
    'on stdout': stdout,
    'on stderr': stderr,
  }
  const secrets = [...SECRET_TEXTS, ...SECRET_MEMBERS].map(({ secret }) => secret)
  const leaks = Object.entries(places).flatMap(([place, text]) =>
    secrets.filter((secret) => text.includes(secret)).map((secret) => `${secret} ${place}`),
  )
  expect(leaks).toEqual([])

  // What was looked through is what there should be.
  expect(code).toBe(0)
  expect(receiver.auditRecords.length).toBeGreaterThan(SECRET_TEXTS.length)
  expect(receiver.logs.length).toBeGreaterThan(5 * SECRET_TEXTS.length)
  expect(receiver.spans.length).toBeGreaterThan(3 * SECRET_TEXTS.length)
  // The spool may be empty by then, and stderr should be.
  const marked = Object.keys(places).filter((place) => places[place]!.includes('[redacted]'))
  expect(marked).toEqual(
    expect.arrayContaining(['sent over OTLP', 'in the mirror', 'on /metrics', 'on stdout']),
  )
  const client = receiver.spans.find((span) => span.kind === 3)
  expect(client?.attributes['url.full']).toMatch(/\/path\?access_token=\[redacted\]$/)
  expect(receiver.spans[0]?.resource).toMatchObject({
    'deployment.note': '[redacted]',
    'team.password': '[redacted]',
  })
}, 120_000)
