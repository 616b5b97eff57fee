import { expect, test } from 'vitest'
import { startOtlpReceiver } from '../support/otlp-receiver.ts'
import { runApp } from '../support/run-app.ts'

test('the handle flushes, shuts down twice without harm and tells its status', async () => {
  await using receiver = await startOtlpReceiver()

  const app = await runApp('lifecycle/handle.mjs', { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url })

  expect(app.code).toBe(0)
  expect(JSON.parse(app.stdout)).toEqual({
    same: true,
    status: {
      active: true,
      hooks: expect.stringMatching(/^sync|async$/),
      instrumentations: ['http', 'undici', 'pg', 'ioredis', 'pino'].map(
        (name) => `@opentelemetry/instrumentation-${name}`,
      ),
      notPatched: [],
      traces: `${receiver.url}/v1/traces`,
      logs: `${receiver.url}/v1/logs`,
      audit: 'http://127.0.0.1:4319/v1/logs',
      admin: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
    },
    ended: false,
    refused: 'TELLTALE_AUDIT_NOT_STARTED',
  })
  expect(app.stderr).toContain('init() was called before; the options of this call have no effect')
  expect(receiver.spans.map(({ name }) => name)).toEqual([
    'before the flush',
    'before the shutdown',
  ])
})

test('an audit record waits for nothing that a silent Collector could hold up but its own deadline', async () => {
  await using receiver = await startOtlpReceiver()
  receiver.behave({ silent: true })

  const app = await runApp('signals/audit.mjs', {
    OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
    TELLTALE_AUDIT_ENDPOINT: receiver.url,
    TELLTALE_AUDIT_TIMEOUT_MILLIS: '700',
    TELLTALE_SHUTDOWN_TIMEOUT_MILLIS: '500',
  })

  expect(app.stdout.trim()).toBe('TELLTALE_AUDIT_UNAVAILABLE for a known id')
  expect(app.millis).toBeLessThan(4_000)
})

test.each([
  [401, 'TELLTALE_AUDIT_REFUSED'],
  [404, 'TELLTALE_AUDIT_REFUSED'],
  [400, 'TELLTALE_AUDIT_REFUSED'],
  [503, 'TELLTALE_AUDIT_UNAVAILABLE'],
])('an audit record answered with %i rejects with %s', async (status, code) => {
  await using receiver = await startOtlpReceiver()
  receiver.behave({ status })

  const app = await runApp('signals/audit.mjs', {
    OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
    TELLTALE_AUDIT_ENDPOINT: receiver.url,
    TELLTALE_AUDIT_TOKEN: 'secret-token',
    TELLTALE_AUDIT_TIMEOUT_MILLIS: '500',
    OTEL_TRACES_EXPORTER: 'none',
  })

  expect(app.stdout.trim()).toBe(`${code} for a known id`)
  expect(app.stderr).not.toContain('secret-token')
  expect(receiver.requests[0]?.headers.authorization).toBe('Bearer secret-token')
})

test.each([
  ['a page of something else', { headers: { 'content-type': 'text/html' } }],
  ['a rejection inside', { body: '{"partialSuccess":{"rejectedLogRecords":"1"}}' }],
  ['something unreadable', { body: '<html>' }],
])(
  'an audit record answered with 200 and %s rejects: nobody has stored it',
  async (_what, behaviour) => {
    await using receiver = await startOtlpReceiver()
    receiver.behave(behaviour)

    const app = await runApp('signals/audit.mjs', {
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
      TELLTALE_AUDIT_ENDPOINT: receiver.url,
      OTEL_TRACES_EXPORTER: 'none',
    })

    expect(app.stdout.trim()).toBe('TELLTALE_AUDIT_REFUSED for a known id')
  },
)

test('an audit record carries the attributes of the audit draft and the trace it belongs to', async () => {
  await using receiver = await startOtlpReceiver()

  const app = await runApp('signals/audit.mjs', {
    OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
    TELLTALE_AUDIT_ENDPOINT: receiver.url,
  })

  expect(app.stdout).toMatch(/^[0-9a-f-]{36}\n$/)
  expect(receiver.logs).toEqual([
    expect.objectContaining({
      eventName: 'reward_claimed',
      traceId: receiver.spans[0]?.traceId,
      attributes: {
        'audit.record.id': app.stdout.trim(),
        'audit.actor.id': 'user-1',
        'audit.actor.type': 'user',
        'audit.action': 'claim_reward',
        'audit.outcome': 'success',
        'audit.target.type': 'quiz_submission',
        'audit.target.id': 'sub-1',
        'audit.source.id': '2001:db8::1',
        'audit.source.type': 'ipv6',
        'audit.details': { amount: '12.5000000', big: '9007199254740993', list: ['a', 'b'] },
      },
    }),
  ])
})
