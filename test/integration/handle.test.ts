import { readdirSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { ReceivedRecord } from '../support/audit-receiver.ts'
import { startOtlpReceiver, type OtlpReceiver } from '../support/otlp-receiver.ts'
import { runApp, startApp } from '../support/run-app.ts'
import { faultsOfStreams, readPlace } from '../support/streams.ts'
import { hasNothingAdopted, makeSpoolFolder } from '../support/trail.ts'

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
      spool: {
        directory: expect.any(String),
        backlogRecords: 0,
        bytes: expect.any(Number),
        maxBytes: 2 ** 30,
        oldestAgeSeconds: 0,
      },
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

describe('an audit record', () => {
  test('is safe on the disk while the Collector is silent, and does not keep the process', async () => {
    await using receiver = await startOtlpReceiver()
    receiver.behave({ silent: true })

    const app = await runApp('signals/audit.mjs', {
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
      TELLTALE_AUDIT_ENDPOINT: receiver.url,
      TELLTALE_SHUTDOWN_TIMEOUT_MILLIS: '500',
    })

    expect(app.stdout).toMatch(RECORD_ID)
    expect(app.millis).toBeLessThan(10_000)
  })

  test('that is to be stored waits for no longer than its own deadline, and will be delivered', async () => {
    await using receiver = await startOtlpReceiver()
    using spool = makeSpoolFolder()
    const environment = {
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
      TELLTALE_AUDIT_ENDPOINT: receiver.url,
      TELLTALE_AUDIT_SPOOL_DIRECTORY: spool.path,
      TELLTALE_AUDIT_TIMEOUT_MILLIS: '700',
      DURABILITY: 'stored',
    }
    receiver.behave({ silent: true })
    const first = await runApp('signals/audit.mjs', environment)
    receiver.behave({})
    const second = startApp('signals/audit.mjs', { ...environment, LINGER_MILLIS: '50000' })
    // Until the lane of the first is delivered and gone: its heir tells of nothing else.
    const isOver = (): boolean => eventsOf(receiver).length === 2 && hasNothingAdopted(spool.path)
    while (!isOver()) await new Promise((resolve) => setTimeout(resolve, 20))
    second.process.kill('SIGTERM')

    expect(first.stdout.trim()).toBe('TELLTALE_AUDIT_UNAVAILABLE for a known id')
    expect((await second.ended()).stdout).toMatch(RECORD_ID)
    expect(eventsOf(receiver)).toHaveLength(2)
    expect(faultsOf(receiver)).toEqual([])
    expect(readdirSync(spool.path)).toEqual([])
  })

  test.each([
    [401, /TELLTALE_AUDIT_TOKEN/],
    [404, /TELLTALE_AUDIT_ENDPOINT/],
    [400, /HTTP 400/],
    [503, /HTTP 503/],
    [200, /without a receipt/],
  ])('answered with %i and no receipt is kept, and stderr says why', async (status, reason) => {
    await using receiver = await startOtlpReceiver()
    using spool = makeSpoolFolder()
    receiver.behave({ status, withoutReceipt: true })

    const app = await runApp('signals/audit.mjs', {
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
      TELLTALE_AUDIT_ENDPOINT: receiver.url,
      TELLTALE_AUDIT_TOKEN: 'secret-token',
      TELLTALE_AUDIT_SPOOL_DIRECTORY: spool.path,
      OTEL_TRACES_EXPORTER: 'none',
    })

    expect(app.stdout).toMatch(RECORD_ID)
    expect(app.stderr).toMatch(reason)
    expect(app.stderr).not.toContain('secret-token')
    expect(receiver.requests[0]?.headers).toMatchObject({
      authorization: 'Bearer secret-token',
      'telltale-audit-format': 'telltale/1',
    })
    expect(readdirSync(spool.path)).toHaveLength(1)
  })

  test('has the attributes of the audit draft and the trace it belongs to, in a stream of its own', async () => {
    await using receiver = await startOtlpReceiver()

    const app = await runApp('signals/audit.mjs', {
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
      TELLTALE_AUDIT_ENDPOINT: receiver.url,
      TELLTALE_AUDIT_COMPRESSION: 'gzip',
    })

    expect(app.stdout).toMatch(RECORD_ID)
    expect(receiver.auditRecords.map(({ eventName }) => eventName)).toEqual([
      'telltale.audit.trail.started',
      'reward_claimed',
      'telltale.audit.trail.stopped',
    ])
    expect(faultsOf(receiver)).toEqual([])
    const evidence = JSON.parse(receiver.auditRecords[1]!.evidence.toString('utf8'))
    expect(evidence).toMatchObject({
      traceId: receiver.spans[0]?.traceId,
      resource: {
        attributes: expect.arrayContaining([
          { key: 'service.name', value: { stringValue: 'fixture' } },
        ]),
      },
      attributes: expect.arrayContaining([
        { key: 'audit.record.id', value: { stringValue: app.stdout.trim() } },
        { key: 'audit.source.type', value: { stringValue: 'ipv6' } },
        { key: 'audit.target.type', value: { stringValue: 'quiz_submission' } },
      ]),
    })
  })

  test('emitted the plain OpenTelemetry way, by either API, goes into the same stream', async () => {
    await using receiver = await startOtlpReceiver()

    const app = await runApp('signals/plain-audit.mjs', {
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
      TELLTALE_AUDIT_ENDPOINT: receiver.url,
    })

    expect(app.code).toBe(0)
    expect(eventsOf(receiver).map(({ recordId }) => recordId)).toEqual(
      app.stdout.trim().split('\n'),
    )
    for (const { evidence } of eventsOf(receiver)) {
      expect(String(evidence)).toContain('{"stringValue":"1970-01-01T00:00:01.000Z"}')
      expect(String(evidence)).toContain('{"stringValue":"125000000"}')
    }
    expect(receiver.logs.map(({ attributes }) => attributes['audit.record.id'])).toEqual([
      undefined,
      'not a UUID',
    ])
    expect(faultsOf(receiver)).toEqual([])
  })

  test('made in a worker thread has a stream of that thread', async () => {
    await using receiver = await startOtlpReceiver()

    const app = await runApp('signals/audit-worker.mjs', {
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
      TELLTALE_AUDIT_ENDPOINT: receiver.url,
    })

    expect(app.code).toBe(0)
    const events = eventsOf(receiver)
    expect(events.map(({ recordId }) => recordId).toSorted()).toEqual(
      app.stdout.trim().split('\n').toSorted(),
    )
    expect(new Set(events.map(({ evidence }) => readPlace(evidence).streamId)).size).toBe(2)
    expect(faultsOf(receiver)).toEqual([])
  })
})

describe('a folder for the spool that cannot be used', () => {
  test('is an error in code, and nothing is started', async () => {
    const app = await runApp('lifecycle/bad-spool.mjs', {}, { nodeArguments: [] })

    expect(app.stdout).toMatch(
      /^TELLTALE_CONFIG_INVALID "audit.spoolDirectory" cannot be used: .*\/dev\/null/,
    )
  })

  test('is a warning in the environment, and audit.record() says why', async () => {
    const app = await runApp('signals/audit.mjs', {
      TELLTALE_AUDIT_SPOOL_DIRECTORY: '/dev/null',
      OTEL_TRACES_EXPORTER: 'none',
    })

    expect(app.code).toBe(0)
    expect(app.stdout.trim()).toBe('TELLTALE_AUDIT_SPOOL_FAILED for a known id')
    expect(app.stderr).toMatch(/audit spool \/dev\/null cannot be used/)
  })
})

const RECORD_ID = /^[0-9a-f-]{36}\n$/

/** What the application recorded, without what the trail says of itself. */
function eventsOf({ auditRecords }: OtlpReceiver): ReceivedRecord[] {
  return auditRecords.filter(({ eventName }) => !eventName.startsWith('telltale.'))
}

function faultsOf({ auditRecords }: OtlpReceiver): string[] {
  const once = new Map(auditRecords.map((record) => [record.recordId, record.evidence]))
  return faultsOfStreams(once.values())
}
