import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { startOtlpReceiver } from '../support/otlp-receiver.ts'
import { fixture, startApp } from '../support/run-app.ts'
import { makeSpoolFolder } from '../support/trail.ts'

const page = readFileSync(new URL('../../docs/guide/audit.md', import.meta.url), 'utf8')

test('the code of the guide about the audit trail is the code that is run here', () => {
  const code = readFileSync(fixture('audit/guide.ts'), 'utf8')
  const blocks = [...page.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(([, block]) => block!)

  expect(blocks).toHaveLength(3)
  for (const block of blocks) expect(code).toContain(block)
})

test('what the guide about the audit trail records arrives as it says', async () => {
  await using receiver = await startOtlpReceiver()
  using spool = makeSpoolFolder()
  const app = startApp('audit/guide.ts', {
    TELLTALE_AUDIT_ENDPOINT: receiver.url,
    TELLTALE_AUDIT_SPOOL_DIRECTORY: spool.path,
    OTEL_TRACES_EXPORTER: 'none',
    OTEL_LOGS_EXPORTER: 'none',
  })
  const [, url] = await app.said(/listening on (\S+)/)
  // The stream began with a record about itself.
  await app.said(/^spooled 2$/m)
  await app.said(/^stored$/m)

  const response = await fetch(`${url}/claims`, {
    method: 'POST',
    headers: { 'user-agent': 'rewards-app/4.2' },
  })
  expect(await response.text()).toBe('spooled')
  const claims = () =>
    receiver.auditRecords.filter(({ eventName }) => eventName === 'reward_claimed')
  await expect.poll(() => claims().length, { timeout: 30_000 }).toBe(3)
  app.process.kill('SIGTERM')
  await app.ended()

  const told = claims().map(({ evidence }) => Buffer.from(evidence).toString())
  expect(told[0]).toContain('submission-7')
  expect(told[0]).not.toContain('ada@example.com')
  expect(told.find((text) => text.includes('submission-8'))).toMatch(
    /user-2[\s\S]*rewards-app\/4\.2|rewards-app\/4\.2[\s\S]*user-2/,
  )
  expect(told.some((text) => text.includes('submission-9'))).toBe(true)
}, 120_000)
