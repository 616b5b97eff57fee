import { context, logs, SpanStatusCode, trace } from '@opentelemetry/api'
import { since } from '../../../src/testing/metric-samples.ts'
import { AssertionError } from 'node:assert'
import { afterAll, afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { z } from 'zod'
import {
  audit,
  counter,
  defineAuditEvent,
  defineMetrics,
  getLogger,
  histogram,
  tenant,
} from '../../../src/index.ts'
import {
  expectAuditRecord,
  expectLog,
  expectMetric,
  expectNoSecrets,
  expectSpan,
  startTestTelemetry,
  telemetryMatchers,
  type TelemetryMatchers,
  type TestTelemetry,
} from '../../../src/testing/testing.ts'

declare module 'vitest' {
  interface Matchers<
    R extends void | Promise<void> = void | Promise<void>,
    T = unknown,
  > extends TelemetryMatchers<R> {}
}

// As in an application: made before the telemetry is started.
const tracer = trace.getTracer('shop')
const log = getLogger('shop')
const shop = defineMetrics({
  orders: counter({
    name: 'orders_total',
    description: 'Orders.',
    labels: { result: ['ok', 'failed'] },
  }),
  duration: histogram({
    name: 'order_duration_seconds',
    unit: 's',
    description: 'Time.',
    buckets: [0.1, 1],
  }),
})
const ordered = defineAuditEvent({
  name: 'order_placed',
  action: 'PLACE',
  targetType: 'order',
  details: z.object({ amount: z.string(), email: z.string().optional() }),
  erasable: ['email'],
})
const JWT = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl'

const telemetry = startTestTelemetry({ serviceName: 'shop-api' })
expect.extend(telemetryMatchers)
beforeEach(() => telemetry.reset())
afterAll(() => telemetry.stop())

async function placeOrder(): Promise<void> {
  await tracer.startActiveSpan(
    'place order',
    { attributes: { 'order.items': 3 } },
    async (span) => {
      log.info('order placed', { orderId: 'o-1', password: 'hunter2' })
      shop.orders.add(1, { result: 'ok' })
      shop.duration.record(0.5)
      await audit.record(ordered, {
        actor: { id: 'grace', type: 'user' },
        target: { id: 'o-1' },
        details: { amount: '12.50', email: 'grace@example.org' },
      })
      span.end()
    },
  )
}

describe('what was done is there', () => {
  test('spans, logs, audit records and metrics, by matchers', async () => {
    await placeOrder()

    expect(telemetry).toHaveSpan('place order', {
      attributes: { 'order.items': 3 },
      kind: 'internal',
    })
    expect(telemetry).toHaveSpan(/^place/)
    expect(telemetry).toHaveLog('order placed', {
      level: 'info',
      component: 'shop',
      attributes: { orderId: expect.any(String) },
    })
    expect(telemetry).toHaveAuditRecord(ordered, {
      actor: { id: 'grace' },
      outcome: 'success',
      target: { type: 'order', id: /^o-/ },
      details: { amount: '12.50' },
      erasable: { email: 'grace@example.org' },
    })
    await expect(telemetry).toHaveMetric('orders_total', { result: 'ok' }, 1)
    await expect(telemetry).toHaveMetric('orders_total', { result: 'failed' }, 0)
    await expect(telemetry).toHaveMetric('order_duration_seconds_bucket', { le: '1' }, 1)
    await expect(telemetry).not.toHaveSecrets()
  })

  test('the same by functions, which return what they found', async () => {
    await placeOrder()

    const span = expectSpan(telemetry, 'place order')
    expect(expectLog(telemetry, 'order placed').traceId).toBe(span.traceId)
    expect(expectAuditRecord(telemetry, 'order_placed').traceId).toBe(span.traceId)
    expect((await expectMetric(telemetry, 'orders_total', { result: 'ok' })).value).toBe(1)
    await expectNoSecrets(telemetry)
  })

  test('each test begins with nothing, and its metrics at 0', async () => {
    await placeOrder()
    await telemetry.reset()

    expect([telemetry.spans, telemetry.logs, telemetry.auditRecords]).toEqual([[], [], []])
    await expect(telemetry).toHaveMetric('orders_total', { result: 'ok' }, 0)

    await placeOrder()
    await expect(telemetry).toHaveMetric('orders_total', { result: 'ok' }, 1)
  })

  test('what ends later is waited for', async () => {
    const span = tracer.startSpan('late')
    setTimeout(() => span.setStatus({ code: SpanStatusCode.ERROR, message: 'gone' }).end(), 30)

    await telemetry.waitFor(() =>
      expect(telemetry).toHaveSpan('late', { status: 'error', statusMessage: 'gone' }),
    )
    await expect(
      telemetry.waitFor(() => expectSpan(telemetry, 'never'), { timeoutMillis: 20 }),
    ).rejects.toThrow('there is no span with name "never"')
  })
})

describe('it is the pipeline of production', () => {
  test('logs are redacted before they are seen', () => {
    log.info('signed in', { password: 'hunter2', note: `token ${JWT}` })

    expect(telemetry).toHaveLog('signed in', {
      attributes: { password: '[redacted]', note: 'token [redacted]' },
    })
  })

  test('a wrong audit event is refused as in production', async () => {
    const call = audit.record(ordered, {
      actor: { id: '', type: 'user' },
      details: { amount: 12 as unknown as string },
    })

    await expect(call).rejects.toMatchObject({ code: 'TELLTALE_AUDIT_EVENT_INVALID' })
    expect(telemetry.auditRecords).toEqual([])
  })

  test('a log record that is an audit record goes into the trail', () => {
    logs.getLogger('plain').emit({
      eventName: 'plain_event',
      attributes: {
        'audit.record.id': '019a9d3c-0000-7000-8000-000000000001',
        'audit.actor.id': 'ada',
        'audit.actor.type': 'user',
        'audit.action': 'READ',
        'audit.outcome': 'success',
      },
    })

    expect(telemetry).toHaveAuditRecord('plain_event', {
      actor: { id: 'ada', type: 'user' },
      action: 'READ',
    })
    expect(telemetry.logs).toEqual([])
  })

  test('what an application does when nothing can be recorded can be tried', async () => {
    telemetry.refuseAuditRecords('TELLTALE_AUDIT_SPOOL_FULL')
    const call = audit.record(ordered, {
      actor: { id: 'grace', type: 'user' },
      details: { amount: '1' },
    })

    await expect(call).rejects.toMatchObject({ code: 'TELLTALE_AUDIT_SPOOL_FULL' })
    telemetry.refuseAuditRecords(undefined)
    await placeOrder()
    expect(telemetry.auditRecords.map(({ sequence }) => sequence)).toHaveLength(1)
  })

  test('context is kept over awaits', async () => {
    await tracer.startActiveSpan('outer', async (outer) => {
      await Promise.resolve()
      tracer.startSpan('inner', {}, context.active()).end()
      outer.end()
    })

    const { spanId } = expectSpan(telemetry, 'outer')
    expect(telemetry).toHaveSpan('inner', { parentSpanId: spanId })
  })

  test('a second start by another copy of the modules is refused, and takes nothing away', async () => {
    vi.resetModules()
    const copy = await import('../../../src/testing/testing.ts')

    expect(() => copy.startTestTelemetry()).toThrow(/was called before in this process/)

    await placeOrder()
    expectSpan(telemetry, 'place order')
    expectLog(telemetry, 'order placed')
    expectAuditRecord(telemetry, ordered)
  })

  test('a second start is refused', () => {
    expect(() => startTestTelemetry()).toThrow(/was called before in this process/)
  })

  test('options are checked', () => {
    expect(() => startTestTelemetry({ serviceNam: 'x' } as object)).toThrow(
      '"serviceNam" is not an option; did you mean "serviceName"?',
    )
  })
})

describe('a question that nothing can answer is refused, so that .not proves something', () => {
  beforeEach(() => {
    tracer.startSpan('x').end()
  })

  test.each<[string, () => unknown, string]>([
    [
      'a part that is misspelt',
      () => expect(telemetry).not.toHaveSpan('x', { attribute: { a: 1 } } as object),
      'no span has a part "attribute"; it has name, kind, status, statusMessage, attributes,',
    ],
    [
      'a part of something else',
      () => expect(telemetry).not.toHaveLog('x', { severity: 'info' } as object),
      'no log record has a part "severity"; it has message, level, component,',
    ],
    [
      'an event that was not imported',
      () => expect(telemetry).not.toHaveAuditRecord(undefined as never),
      'the audit record asked for must be named by a text or a RegExp; got nothing',
    ],
    [
      'no name',
      () => expect(telemetry).not.toHaveSpan(undefined as never),
      'the span asked for must be named by a text or a RegExp; got nothing',
    ],
    [
      'a matcher of everything',
      () => expect(telemetry).not.toHaveSpan('x', expect.objectContaining({ kind: 'server' })),
      'the parts of the span asked for must be an object; got a matcher: ObjectContaining {"kind":"server"}',
    ],
    [
      'a text in place of the parts',
      () => expect(telemetry).not.toHaveSpan('x', 'server' as never),
      'the parts of the span asked for must be an object; got "server"',
    ],
    [
      'no telemetry',
      () => expect({ spans: 5 }).not.toHaveSpan('x'),
      'what startTestTelemetry() or startTestReceiver() returned must be asked; got {"spans":5}',
    ],
    [
      'nothing in place of it',
      () => expectSpan(undefined as never, 'x'),
      'what startTestTelemetry() or startTestReceiver() returned must be asked; got nothing',
    ],
  ])('%s', (_what, ask, message) => {
    expect(ask).toThrow(TypeError)
    expect(ask).toThrow(message)
  })

  test('a series and secrets as well', async () => {
    await expect(expectMetric({} as never, 'x')).rejects.toThrow(/returned must be asked; got \{\}/)
    await expect(expectMetric(telemetry, undefined as never)).rejects.toThrow(
      'the series asked for must be named',
    )
    await expect(expectNoSecrets({} as never)).rejects.toThrow(/returned must be asked/)
  })
})

describe('what the SDK says', () => {
  test('is seen, also what OpenTelemetry would tell', () => {
    tenant.run('not/one', () => undefined)

    expect(telemetry.said).toEqual([expect.stringContaining('a tenant id must be 1 to 128')])
  })

  test('is said again in the next test', () => {
    tenant.run('not/one', () => undefined)

    expect(telemetry.said).toHaveLength(1)
  })
})

describe('under fake timers', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  test('what is waited for is given up in real time', async () => {
    const waiting = telemetry.waitFor(() => expectSpan(telemetry, 'x'), { timeoutMillis: 50 })

    await expect(waiting).rejects.toThrow('there is no span at all')
  })

  test('also when the clock was a fake one before anything was loaded', async () => {
    vi.resetModules()
    const { waitFor } = await import('../../../src/testing/wait-for.ts')
    const waiting = waitFor(() => expectSpan(telemetry, 'x'), { timeoutMillis: 49.5 })

    await expect(waiting).rejects.toThrow('there is no span at all')
  })
})

describe('messages', () => {
  test('tell what a matcher of the runner was given', () => {
    tracer.startSpan('x', { attributes: { steps: ['a'] } }).end()

    const attributes = { steps: expect.arrayContaining(['b']) as unknown }
    expect(() => expectSpan(telemetry, 'x', { attributes })).toThrow(
      'attributes.steps is ["a"], not ArrayContaining ["b"]',
    )
  })

  test('tell a big integer from its text', async () => {
    await placeOrder()

    expect(() => expectAuditRecord(telemetry, ordered, { details: { amount: 12n } })).toThrow(
      'details.amount is "12.50", not 12n',
    )
  })

  test('name what is nearest, with what it lacks', async () => {
    await placeOrder()

    expect(() =>
      expectSpan(telemetry, 'place order', { attributes: { 'order.items': 4 }, status: 'ok' }),
    ).toThrow(
      new AssertionError({
        message:
          'there is no span with attributes {"order.items":4}, status "ok", name "place order"; the nearest are\n  span "place order": attributes.order.items is 3, not 4; status is "unset", not "ok"',
      }),
    )
    expect(() => expect(telemetry).toHaveLog(/shipped/)).toThrow(
      'there is no log record with message /shipped/; the nearest are\n  log record "order placed": message is "order placed", not /shipped/',
    )
    expect(() => expectAuditRecord(telemetry, ordered, { actor: { id: 'ada' } })).toThrow(
      'actor.id is "grace", not "ada"',
    )
    await expect(expectMetric(telemetry, 'orders_total', { result: 'ok' }, 2)).rejects.toThrow(
      'value is 1, not 2',
    )
  })

  test('say when there is nothing at all, and what .not found', () => {
    expect(() => expectSpan(telemetry, 'x')).toThrow(
      'there is no span with name "x"; there is no span at all',
    )
    tracer.startSpan('x').end()
    expect(() => expect(telemetry).not.toHaveSpan('x')).toThrow(
      'there is a span with name "x": {"name":"x"',
    )
  })

  test('name the place of a secret, and never the secret', async () => {
    const nothing = { traceId: '', spanId: '', parentSpanId: undefined, statusMessage: undefined }
    const span = {
      ...nothing,
      kind: 'client',
      status: 'unset',
      durationMillis: 1,
      events: [],
    } as const
    // What an application sends past the redaction of the SDK, say by an exporter of its own.
    const leaking: TestTelemetry = {
      ...telemetry,
      spans: [
        {
          ...span,
          name: 'GET /x',
          attributes: { 'http.request.header.authorization': 'Basic YWRh' },
        },
        { ...span, name: `GET /${JWT}`, attributes: {} },
      ],
      metrics: async () => [
        { name: 'calls_total', labels: { who: `Bearer ${'a1'.repeat(20)}` }, value: 1 },
      ],
    }

    const failure = await expectNoSecrets(leaking).catch((error: Error) => error.message)

    expect(failure).toContain(
      'span "GET /x": attributes.http.request.header.authorization has a value',
    )
    expect(failure).toContain('span "GET /[redacted]": a secret in the text of name')
    expect(failure).toContain('series calls_total: a secret in the text of who')
    expect(failure).not.toMatch(/YWRh|eyJ|a1a1/)
    await expect(expect(leaking).not.toHaveSecrets()).rejects.toThrow('there are secrets')
  })
})

describe('a secret is found in every signal', () => {
  const record = {
    recordId: '1',
    event: 'order_placed',
    actor: { id: 'ada', type: 'user' },
    action: 'CREATE',
    outcome: 'success',
    target: { type: undefined, id: undefined },
    source: { type: undefined, id: undefined },
    tenantId: undefined,
    requestId: undefined,
    userAgent: undefined,
    details: {},
    erasable: {},
    traceId: undefined,
    sequence: 1,
  }
  const link = { traceId: '', spanId: '', attributes: { note: JWT } }

  test.each([
    ['the status of a span', ofSpan({ statusMessage: JWT })],
    ['an attribute of a span', ofSpan({ attributes: { a: ['x', JWT] } })],
    ['the name of an attribute', ofSpan({ attributes: { [JWT]: 1 } })],
    ['an event of a span', ofSpan({ events: [{ name: 'x', attributes: { password: 'p' } }] })],
    ['a link of a span', ofSpan({ links: [link] })],
    ['a message', ofLog({ message: `sent ${JWT}` })],
    ['a body', ofLog({ message: { deep: [{ apiKey: 'x' }] } })],
    ['a field', ofLog({ attributes: { user: { newPassword: 'x' } } })],
    ['a card number', ofLog({ attributes: { card: 4_111_111_111_111_111 } })],
    ['bytes', ofLog({ attributes: { body: Buffer.from('password=swordfish') } })],
    ['a value beside its name', ofLog({ attributes: { h: { name: 'cookie', value: 'x' } } })],
    ['a pair', ofLog({ attributes: { headers: [['cookie', 'x']] } })],
    ['details of an audit record', { auditRecords: [{ ...record, details: { token: 'x' } }] }],
    ['erasable details', { auditRecords: [{ ...record, erasable: { token: 'x' } }] }],
    ['an actor', { auditRecords: [{ ...record, actor: { id: JWT, type: 'user' } }] }],
    ['a label', { metrics: async () => [{ name: 'a', labels: { b: JWT }, value: 1 }] }],
  ])('%s', async (_what, part) => {
    const leaking = { ...nothingReceived(), ...part } as TestTelemetry

    await expect(expectNoSecrets(leaking)).rejects.toThrow('there are secrets')
    const failure = await expectNoSecrets(leaking).catch((error: Error) => error.message)
    expect(failure).not.toContain(JWT)
  })

  test('and not where nothing is redacted: a label that is called token, what is redacted, a path', async () => {
    const clean = {
      ...nothingReceived(),
      ...ofLog({
        attributes: {
          password: '[redacted]',
          headers: [['cookie', '[redacted]']],
          paths: [['a', 'b']],
        },
      }),
      metrics: async () => [{ name: 'a', labels: { token: 'USDC' }, value: 1 }],
    } as TestTelemetry

    await expectNoSecrets(clean)
    await expect(expectNoSecrets(clean, ['paths'])).rejects.toThrow('paths has a value')
  })
})

test('a pattern that remembers where it was is none the worse', () => {
  tracer.startSpan('checkout').end()
  const name = /check/g

  for (let count = 0; count < 4; count += 1) expect(telemetry).toHaveSpan(name)
})

test('what counts from 0 again because the process is another one is not negative', () => {
  const sample = { name: 'a_total', labels: {}, isCumulative: true }

  expect(since([{ ...sample, value: 5 }], [{ ...sample, value: 2 }])).toEqual([
    { name: 'a_total', labels: {}, value: 2 },
  ])
})

function nothingReceived(): TestTelemetry {
  return { ...telemetry, spans: [], logs: [], auditRecords: [], metrics: async () => [] }
}

function ofSpan(part: object): object {
  return { spans: [{ name: 'x', attributes: {}, events: [], links: [], ...part }] }
}

function ofLog(part: object): object {
  return { logs: [{ message: 'x', attributes: {}, ...part }] }
}
