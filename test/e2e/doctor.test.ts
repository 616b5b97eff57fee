import { afterAll, beforeAll, expect, test } from 'vitest'
import { startStack, type Stack } from '../../deploy/stack/stack.ts'
import { healthyEnvironment, runDoctor } from '../integration/doctor/run-doctor.ts'
import { makeDoctorApp, type DoctorApp } from '../support/doctor-app.ts'

let stack: Stack
beforeAll(async () => {
  stack = await startStack()
})
afterAll(async () => stack?.stop())

function environment(app: DoctorApp): Record<string, string> {
  const { otlp, auditOtlp, auditToken } = stack.addresses
  return {
    ...healthyEnvironment(app, otlp),
    TELLTALE_AUDIT_ENDPOINT: auditOtlp,
    TELLTALE_AUDIT_TOKEN: auditToken,
  }
}

test('a span, a log record and an audit record go there and are read back', async () => {
  using app = makeDoctorApp()
  const { jaeger, loki, postgresAuditor } = stack.addresses
  const words = ['--jaeger', jaeger, '--loki', loki, '--postgres', postgresAuditor]

  const { findings, fine, code } = await runDoctor(app, environment(app), words)

  expect(findings).toEqual([])
  expect(code).toBe(0)
  expect(fine.filter(({ code }) => code === 'back-end').map(({ what }) => what)).toEqual([
    expect.stringMatching(/^read back: trace [0-9a-f]{32} in Jaeger$/),
    expect.stringMatching(/^read back: log record of trace [0-9a-f]{32} in Loki$/),
    expect.stringMatching(/^read back: audit record [0-9a-f-]{36} in PostgreSQL$/),
  ])
})

test('a back end that has nothing of it is named', async () => {
  using app = makeDoctorApp()
  const { jaeger, loki } = stack.addresses
  // Jaeger knows no logs, and Loki no traces.
  const words = ['--jaeger', loki, '--loki', jaeger]

  const { codes } = await runDoctor(app, environment(app), words)

  expect(codes).toEqual(['span-not-found', 'log-not-found'])
})

test('the gate of the Collector refuses a token that it does not know, and none', async () => {
  using app = makeDoctorApp()
  const { TELLTALE_AUDIT_TOKEN: _token, ...without } = environment(app)

  const wrong = await runDoctor(app, { ...without, TELLTALE_AUDIT_TOKEN: 'another' })
  const none = await runDoctor(app, without)

  expect(wrong.codes).toEqual(['audit-token-refused'])
  expect(none.codes).toEqual(['audit-token-missing'])
})
