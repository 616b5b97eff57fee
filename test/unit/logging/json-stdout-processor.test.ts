import type { LogRecord } from '@opentelemetry/api'
import { LoggerProvider } from '@opentelemetry/sdk-logs'
import { describe, expect, test } from 'vitest'
import { createJsonStdoutProcessor } from '../../../src/logging/json-stdout-processor.ts'

/** The lines that real log records make. */
function linesOf(record: LogRecord, scope = 'shop'): string[] {
  const lines: string[] = []
  const provider = new LoggerProvider({
    processors: [createJsonStdoutProcessor((line) => void lines.push(line))],
  })
  provider.getLogger(scope).emit(record)
  return lines
}

function parsed(record: LogRecord): Record<string, unknown> {
  const lines = linesOf(record)
  expect(lines).toHaveLength(1)
  expect(lines[0]!.indexOf('\n')).toBe(lines[0]!.length - 1)
  return JSON.parse(lines[0]!)
}

test('a record is one line: time, level, message, scope, then its attributes', () => {
  const lines = linesOf({
    timestamp: new Date('2026-02-03T04:05:06.789Z'),
    severityNumber: 9,
    body: 'paid',
    attributes: { amount: '12.50', items: [1, 2] },
  })

  expect(lines).toEqual([
    '{"time":"2026-02-03T04:05:06.789Z","level":"info","msg":"paid","scope":"shop","amount":"12.50","items":[1,2]}\n',
  ])
})

test.each([
  [1, 'trace'],
  [4, 'trace'],
  [5, 'debug'],
  [9, 'info'],
  [13, 'warn'],
  [17, 'error'],
  [21, 'fatal'],
  [24, 'fatal'],
  [0, undefined],
  [undefined, undefined],
  [99, undefined],
])('severity %s is the level %s', (severityNumber, level) => {
  const record = severityNumber === undefined ? {} : { severityNumber }

  expect(parsed({ ...record, body: 'x' })['level']).toBe(level)
})

test('the ids of the trace are there', () => {
  const traceId = '0af7651916cd43dd8448eb211c80319c'
  const spanId = 'b7ad6b7169203331'
  const lines: string[] = []
  const processor = createJsonStdoutProcessor((line) => void lines.push(line))
  const provider = new LoggerProvider({
    processors: [
      {
        ...processor,
        onEmit: (record, context) =>
          processor.onEmit(
            Object.assign(Object.create(record), {
              spanContext: { traceId, spanId, traceFlags: 1 },
            }),
            context,
          ),
      },
    ],
  })

  provider.getLogger('shop').emit({ body: 'x' })

  expect(JSON.parse(lines[0]!)).toMatchObject({ trace_id: traceId, span_id: spanId })
})

test('component, request and tenant stand in front; the scope is left out where it is the component', () => {
  const lines = linesOf(
    {
      timestamp: new Date('2026-02-03T04:05:06.789Z'),
      severityNumber: 13,
      body: 'signed in',
      attributes: { user: 'ann', tenant_id: 't-1', request_id: 'r-1', component: 'auth' },
    },
    'auth',
  )

  expect(lines).toEqual([
    '{"time":"2026-02-03T04:05:06.789Z","level":"warn","msg":"signed in","component":"auth","request_id":"r-1","tenant_id":"t-1","user":"ann"}\n',
  ])
})

test('a body that is no text is kept whole', () => {
  expect(parsed({ body: { a: [1, { b: null }] } })).toMatchObject({ body: { a: [1, { b: null }] } })
})

test('the event name is there', () => {
  expect(parsed({ eventName: 'order.paid' })).toMatchObject({ event: 'order.paid' })
})

describe('attributes named like our fields', () => {
  test('do not displace them', () => {
    const line = parsed({
      body: 'real',
      severityNumber: 9,
      attributes: { msg: 'fake', level: 'fake', time: 'fake', scope: 'fake' },
    })

    expect(line).toMatchObject({ msg: 'real', level: 'info', scope: 'shop' })
    expect(line['time']).not.toBe('fake')
  })

  test('are shown where the record has no such field', () => {
    expect(parsed({ body: 'x', attributes: { event: 'login', body: 'y' } })).toMatchObject({
      event: 'login',
      body: 'y',
    })
  })
})

describe('what JSON cannot say', () => {
  const cyclic: Record<string, unknown> = { name: 'a' }
  cyclic['self'] = cyclic
  const shared = { x: 1 }

  test.each([
    ['a big integer is its digits', 12_345_678_901_234_567_890n, '12345678901234567890'],
    ['bytes are base64', new Uint8Array([1, 2, 255]), 'AQL/'],
    ['a buffer is base64 too', Buffer.from([1, 2, 255]), 'AQL/'],
    ['an object within itself is cut', cyclic, { name: 'a', self: '[circular]' }],
    ['an object that is there twice is shown twice', [shared, shared], [{ x: 1 }, { x: 1 }]],
    ['not a number is a text', Number.NaN, 'NaN'],
    ['a line break stays within its line', 'a\nb', 'a\nb'],
  ])('%s', (_title, value, expected) => {
    expect(parsed({ body: { value: value as string } })['body']).toEqual({ value: expected })
  })

  test('of an object that throws when it is read, what can be read is in the line', () => {
    const hostile = {
      fine: 1,
      get broken(): string {
        throw new Error('no')
      },
    }

    expect(parsed({ body: hostile, severityNumber: 17 })).toMatchObject({
      level: 'error',
      body: { fine: 1, broken: '[threw]' },
    })
  })

  test('a time that is none does not throw into the application', () => {
    expect(parsed({ body: 'x', timestamp: new Date(Number.NaN) })).toMatchObject({ msg: 'x' })
  })
})

test('records of pino are left out: pino writes its own lines', () => {
  expect(linesOf({ body: 'x' }, '@opentelemetry/instrumentation-pino')).toEqual([])
})

test('flushing and shutting down have nothing to wait for', async () => {
  const processor = createJsonStdoutProcessor(() => undefined)

  await expect(processor.forceFlush()).resolves.toBeUndefined()
  await expect(processor.shutdown()).resolves.toBeUndefined()
})
