import { context, logs, metrics as metricsApi, SpanKind, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { PrometheusExporter } from '@opentelemetry/exporter-prometheus'
import { LoggerProvider, type ReadableLogRecord } from '@opentelemetry/sdk-logs'
import { MeterProvider } from '@opentelemetry/sdk-metrics'
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { setAuditTrail } from '../../../src/audit/audit.ts'
import { defineAuditEvent } from '../../../src/audit/define-audit-event.ts'
import { createRedaction } from '../../../src/core/redaction.ts'
import { connectMetrics } from '../../../src/metrics/metrics.ts'
import { operation, setOperationReporter } from '../../../src/operations/operations.ts'
import type { OperationEnd } from '../../../src/operations/operation-options.ts'
import { InMemoryTrail } from '../support/in-memory-trail.ts'
import { createRecordingReporter } from '../support/recording-reporter.ts'

const spans = new InMemorySpanExporter()
const reader = new PrometheusExporter({ preventServerStart: true })
let records: ReadableLogRecord[] = []
let reporter = createRecordingReporter()

beforeAll(() => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager())
  trace.setGlobalTracerProvider(
    new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter: spans })] }),
  )
  metricsApi.setGlobalMeterProvider(new MeterProvider({ readers: [reader] }))
  connectMetrics()
  const processor = {
    onEmit: (record: ReadableLogRecord) => void records.push(record),
    forceFlush: async () => undefined,
    shutdown: async () => undefined,
  }
  logs.setGlobalLoggerProvider(new LoggerProvider({ processors: [processor] }))
})
afterAll(() => {
  context.disable()
  trace.disable()
  metricsApi.disable()
  logs.disable()
})
beforeEach(() => {
  spans.reset()
  records = []
  reporter = createRecordingReporter()
  setOperationReporter(reporter)
})
afterEach(() => setAuditTrail('the test is over'))

const error = new TypeError('a fault of the application')
const fail = (): never => {
  throw error
}

const finished = () => spans.getFinishedSpans()

async function counts(name: string): Promise<Record<string, unknown>> {
  const { resourceMetrics } = await reader.collect()
  const points = resourceMetrics.scopeMetrics
    .flatMap(({ metrics }) => metrics)
    .filter(({ descriptor }) => descriptor.name.startsWith('telltale_operation'))
    .flatMap(({ dataPoints }) => dataPoints as { attributes: object; value: unknown }[])
    .filter(({ attributes }) => (attributes as { operation: string }).operation === name)
  return Object.fromEntries(
    points.map(({ attributes, value }) => [
      (attributes as { outcome?: string }).outcome ?? 'durations',
      typeof value === 'number' ? value : (value as { count: number }).count,
    ]),
  )
}

describe('what the work returns or throws', () => {
  const result = { rows: 3 }

  test('is returned and thrown as it is, now or later', async () => {
    expect(operation('sync', () => result)).toBe(result)
    expect(await operation('async', async () => result)).toBe(result)
    expect(() => operation('sync', fail)).toThrow(error)
    await expect(operation('async', async () => fail())).rejects.toBe(error)
    await expect(operation('async', () => Promise.reject(undefined))).rejects.toBeUndefined()
  })

  test('a thenable is asked once, within the span', async () => {
    let asked = 0
    const query = {
      // oxlint-disable-next-line unicorn/no-thenable -- as those of query builders are
      then(resolve: (value: string | undefined) => void) {
        asked += 1
        resolve(trace.getActiveSpan()?.spanContext().spanId)
      },
    }

    const spanId = await operation('query', () => query as PromiseLike<string | undefined>)

    expect(asked).toBe(1)
    expect(finished().map((span) => span.spanContext().spanId)).toEqual([spanId])
  })

  test.each(['AbortError', 'TimeoutError'])('an %s is not swallowed', async (name) => {
    const reason = new DOMException('enough', name)

    await expect(
      operation('aborted', async () => AbortSignal.abort(reason).throwIfAborted()),
    ).rejects.toBe(reason)
    expect(finished()[0]!.attributes['error.type']).toBe(name)
  })

  test('what cannot be looked at is returned as it is', () => {
    const hostile = new Proxy(
      {},
      {
        get: () => {
          throw new Error('no')
        },
      },
    )

    expect(operation('hostile', () => hostile)).toBe(hostile)
  })
})

describe('the span', () => {
  test('is the active one in the work, with its attributes, and operations nest', async () => {
    await operation('outer', { attributes: { env: 'test' }, kind: SpanKind.CLIENT }, async () => {
      trace.getActiveSpan()!.setAttribute('bytes', 5)
      await operation('inner', async () => undefined)
    })

    const [inner, outer] = finished()
    expect(outer).toMatchObject({
      name: 'outer',
      kind: SpanKind.CLIENT,
      attributes: { env: 'test', bytes: 5 },
    })
    expect(inner!.parentSpanContext?.spanId).toBe(outer!.spanContext().spanId)
    expect(trace.getActiveSpan()).toBeUndefined()
  })

  test.each([
    [Object.assign(new Error('no route'), { code: 'EHOSTUNREACH' }), 'EHOSTUNREACH'],
    [new TypeError('no function'), 'TypeError'],
    ['just text', '_OTHER'],
    [
      new Proxy(
        {},
        {
          getPrototypeOf: () => {
            throw new Error('no')
          },
        },
      ),
      '_OTHER',
    ],
  ])('of a failure says so (%#)', (error, type) => {
    let thrown: unknown
    try {
      operation('failing', () => {
        throw error
      })
    } catch (caught) {
      thrown = caught
    }

    expect(thrown).toBe(error)
    expect(finished()[0]).toMatchObject({
      status: { code: 2 },
      attributes: { 'error.type': type },
      events: [{ name: 'exception' }],
    })
  })
})

describe('without instruments of the team', () => {
  test('duration and outcome are measured under names of ours', async () => {
    operation('measured', () => 1)
    await operation('measured', async () => 1)
    expect(() =>
      operation('measured', () => {
        throw new Error('x')
      }),
    ).toThrow('x')

    expect(await counts('measured')).toEqual({ success: 2, failure: 1, durations: 3 })
  })
})

describe('measure', () => {
  test('is told how it ended, and ours are left alone', async () => {
    const ends: OperationEnd<{ bytes: number }>[] = []
    const measure = (end: OperationEnd<{ bytes: number }>): void => void ends.push(end)
    const error = new Error('disk full')

    await operation('own', { measure }, async () => ({ bytes: 9 }))
    await expect(operation('own', { measure }, async () => Promise.reject(error))).rejects.toBe(
      error,
    )

    expect(ends).toMatchObject([
      { outcome: 'success', result: { bytes: 9 } },
      { outcome: 'failure', error },
    ])
    expect(ends[0]!.seconds).toBeGreaterThanOrEqual(0)
    expect(await counts('own')).toEqual({})
  })

  test('a result may be a failure', async () => {
    const outcomes: string[] = []

    const answer = await operation(
      'claim',
      {
        isFailure: ({ status }) => status !== 'paid',
        measure: ({ outcome, result }) => void outcomes.push(`${outcome} ${result?.status}`),
      },
      async () => ({ status: 'refused' }),
    )

    expect(answer).toEqual({ status: 'refused' })
    expect(outcomes).toEqual(['failure refused'])
    expect(finished()[0]!.status.code).toBe(2)
  })
})

describe('the log record of a failure', () => {
  test('says what failed and why, in the trace of the operation', () => {
    expect(() =>
      operation('backup', { attributes: { env: 'test' }, component: 'db' }, fail),
    ).toThrow(error)

    expect(records).toMatchObject([
      {
        body: 'backup failed',
        severityText: 'error',
        attributes: {
          component: 'db',
          operation: 'backup',
          env: 'test',
          duration_ms: expect.any(Number),
          'exception.type': 'TypeError',
        },
      },
    ])
    expect(records[0]!.spanContext?.spanId).toBe(finished()[0]!.spanContext().spanId)
  })

  test('has the level of its choice, or is none', () => {
    expect(() => operation('a', { logLevel: 'warn' }, fail)).toThrow(error)
    expect(() => operation('b', { logLevel: 'none' }, fail)).toThrow(error)
    operation('c', () => 1)

    expect(records.map(({ severityText }) => severityText)).toEqual(['warn'])
  })
})

const succeeded = defineAuditEvent({ name: 'db_backup_succeeded', action: 'BACKUP' })
const failed = defineAuditEvent({ name: 'db_backup_failed', action: 'BACKUP' })
const actor = { id: 'backup', type: 'system' } as const

function startTrail(): InMemoryTrail {
  const trail = new InMemoryTrail()
  setAuditTrail({
    trail,
    origin: { resource: { attributes: {} }, redaction: createRedaction() },
  })
  return trail
}

const eventsOf = (trail: InMemoryTrail): string[] =>
  trail.records.map(({ evidence }) => {
    const { eventName, attributes, spanId } = JSON.parse(String(evidence)) as {
      eventName: string
      spanId: string
      attributes: { key: string; value: { stringValue?: string } }[]
    }
    const outcome = attributes.find(({ key }) => key === 'audit.outcome')!.value.stringValue
    return `${eventName} ${outcome} ${spanId}`
  })

const backUp = (work: () => Promise<{ bytes: number }>) =>
  operation(
    'backup',
    {
      audit: (end, record) =>
        end.outcome === 'success'
          ? record(succeeded, { actor, details: { size_bytes: end.result.bytes } })
          : record(failed, { actor }),
    },
    work,
  )

describe('the audit record', () => {
  test('is made of the result or the error, has the outcome, and stands in the trace', async () => {
    const trail = startTrail()
    await backUp(async () => ({ bytes: 9 }))
    await expect(backUp(async () => Promise.reject(new Error('disk full')))).rejects.toThrow(
      'disk full',
    )

    const [first, second] = finished().map((span) => span.spanContext().spanId)
    expect(eventsOf(trail)).toEqual([
      `db_backup_succeeded success ${first}`,
      `db_backup_failed failure ${second}`,
    ])
  })

  test('is waited for', async () => {
    const trail = startTrail()
    const gate = Promise.withResolvers<void>()
    trail.until = () => gate.promise
    let isDone = false

    const working = operation(
      'backup',
      { audit: (_end, record) => record(succeeded, { actor }) },
      async () => {
        return 'done'
      },
    ).then(() => (isDone = true))
    await new Promise((resolve) => setTimeout(resolve, 20))

    expect(trail.records).toHaveLength(1)
    expect(isDone).toBe(false)
    gate.resolve()
    await working
  })

  test('that cannot be made changes nothing, unless it is required', async () => {
    const options = {
      audit: (_end: unknown, record: typeof import('../../../src/audit/audit.ts').audit.record) =>
        record(succeeded, { actor }),
    }

    expect(await operation('backup', options, async () => 'done')).toBe('done')
    expect(operation('backup', options, () => 'done')).toBe('done')
    await expect(
      operation('backup', { ...options, auditRequired: true }, async () => 'done'),
    ).rejects.toMatchObject({ code: 'TELLTALE_AUDIT_NOT_STARTED' })
    const error = new Error('disk full')
    await expect(
      operation('backup', { ...options, auditRequired: true }, async () => Promise.reject(error)),
    ).rejects.toBe(error)

    expect(records.map(({ body }) => body)).toContain('backup was not recorded in the audit trail')
  })
})

test('callbacks that throw are reported once, and change nothing', async () => {
  const options = { measure: fail, isFailure: fail, audit: fail }

  expect(operation('callbacks', options, () => 5)).toBe(5)
  expect(await operation('callbacks', options, async () => 6)).toBe(6)

  expect(reporter.lines).toEqual([
    expect.stringMatching(/"isFailure" of the operation "callbacks" threw: a fault/),
    expect.stringMatching(/"measure" of the operation/),
    expect.stringMatching(/was not recorded in the audit trail: a fault/),
  ])
  expect(finished()).toHaveLength(2)
})

test("a callback that rejects is reported once, and is nobody else's rejection", async () => {
  const unhandled: unknown[] = []
  const listen = (reason: unknown): void => void unhandled.push(reason)
  process.on('unhandledRejection', listen)
  try {
    const reject = async (): Promise<void> => Promise.reject(error)

    expect(operation('async callbacks', { measure: reject }, () => 5)).toBe(5)
    expect(operation('async callbacks', { measure: reject }, () => 5)).toBe(5)
    const isFailure = reject as unknown as () => boolean
    expect(operation('async question', { isFailure }, () => 5)).toBe(5)
    await new Promise((resolve) => setTimeout(resolve, 20))

    expect(unhandled).toEqual([])
    expect(reporter.lines).toEqual([
      expect.stringMatching(/"measure" of the operation "async callbacks" threw: a fault/),
      expect.stringMatching(/"isFailure" of the operation "async question" threw: a fault/),
    ])
  } finally {
    process.removeListener('unhandledRejection', listen)
  }
})

const forgotten = (
  _end: unknown,
  record: typeof import('../../../src/audit/audit.ts').audit.record,
): void => {
  void record(defineAuditEvent({ name: 'made', action: 'MAKE' }), {
    actor: { id: 'backup', type: 'system' },
  })
}

const forgottenLater = async (...given: Parameters<typeof forgotten>): Promise<void> =>
  forgotten(...given)

describe('a record that its callback does not hand on', () => {
  const unhandled: unknown[] = []
  const listen = (reason: unknown): void => void unhandled.push(reason)
  beforeEach(() => {
    unhandled.length = 0
    process.on('unhandledRejection', listen)
  })
  afterEach(() => void process.removeListener('unhandledRejection', listen))

  test("and is refused is nobody else's rejection, and is told", async () => {
    expect(await operation('forgotten', { audit: forgotten }, async () => 6)).toBe(6)
    expect(operation('forgotten', { audit: forgotten }, () => 5)).toBe(5)
    await new Promise((resolve) => setTimeout(resolve, 20))

    expect(unhandled).toEqual([])
    expect(reporter.lines).toEqual([
      expect.stringMatching(/"forgotten" was not recorded in the audit trail: .*NOT_STARTED/),
    ])
  })

  test('is required all the same', async () => {
    await expect(
      operation('forgotten', { audit: forgotten, auditRequired: true }, async () => 6),
    ).rejects.toMatchObject({ code: 'TELLTALE_AUDIT_NOT_STARTED' })
  })

  test('is told as well when the callback is an async function', async () => {
    expect(await operation('forgotten', { audit: forgottenLater }, async () => 6)).toBe(6)
    await new Promise((resolve) => setTimeout(resolve, 20))

    expect(unhandled).toEqual([])
    expect(reporter.lines).toEqual([
      expect.stringMatching(/an audit record of .* "forgotten" was refused: .*NOT_STARTED/),
    ])
  })

  test('may be replaced by another one', async () => {
    let calls = 0
    const audit = async (...[, record]: Parameters<typeof forgotten>): Promise<void> => {
      const event = defineAuditEvent({ name: 'made', action: 'MAKE' })
      const fields = { actor: { id: 'backup', type: 'system' } } as const
      await record(event, fields).catch(() => {
        calls += 1
        startTrail()
        return record(event, fields)
      })
    }

    expect(await operation('twice', { audit, auditRequired: true }, async () => 6)).toBe(6)
    expect(calls).toBe(1)
  })
})

test.each(['kind', 'attributes', 'audit', 'auditRequired', 'component', 'measure', 'isFailure'])(
  'a getter "%s" that throws changes nothing',
  async (option) => {
    const options = Object.defineProperty({}, option, { get: fail, enumerable: true })

    expect(operation('getters', options, () => 5)).toBe(5)
    expect(await operation('getters', options, async () => 6)).toBe(6)
    const other = new Error('disk full')
    await expect(operation('getters', options, async () => Promise.reject(other))).rejects.toBe(
      other,
    )
    expect(finished()).toHaveLength(3)
  },
)

test('a record that is required of synchronous work is said to be impossible', () => {
  startTrail()
  const options = { auditRequired: true, audit: () => undefined } as object

  expect(operation('in time', options, () => 5)).toBe(5)

  expect(reporter.lines).toEqual([
    expect.stringMatching(/"auditRequired" of the operation "in time" needs asynchronous work/),
  ])
})

test.each([
  Object.freeze(new Error('frozen')),
  undefined,
  null,
  0n,
  Symbol('s'),
  Object.freeze({}),
])('what is thrown is not touched (%#)', async (thrown) => {
  const caught: unknown[] = []
  try {
    operation('thrown', () => {
      throw thrown
    })
  } catch (error) {
    caught.push(error)
  }
  await operation('thrown', async () => {
    throw thrown
  }).catch((error: unknown) => caught.push(error))

  expect(caught).toEqual([thrown, thrown])
  expect(caught[0]).toBe(thrown)
  expect(finished().map(({ status }) => status.code)).toEqual([2, 2])
})

test('a generator is returned as it was made, and is not run', () => {
  const steps = operation('generator', function* () {
    yield trace.getActiveSpan()
  })

  expect(finished()).toHaveLength(1)
  expect([...steps]).toEqual([undefined])
})

test.each([null, Symbol('name'), { toString: fail }, 'x'.repeat(2 ** 20)])(
  'a name that is none costs nothing but its telemetry (%#)',
  (name) => {
    expect(operation(name as string, () => 5)).toBe(5)
    expect(() => operation(name as string, fail)).toThrow(error)
  },
)
