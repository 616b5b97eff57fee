import { LoggerProvider, type ReadableLogRecord } from '@opentelemetry/sdk-logs'
import { expect, test } from 'vitest'
import { createReporter } from '../../../src/core/reporter.ts'
import { createRedaction } from '../../../src/core/redaction.ts'
import { createGuardedLoggerProvider } from '../../../src/logging/guarded-logger-provider.ts'
import { createLogLengths } from '../../../src/logging/log-record-limits.ts'

const said: string[] = []

/** What the pipeline gets of a record. */
function emit(given: object): ReadableLogRecord | undefined {
  const seen: ReadableLogRecord[] = []
  const provider = new LoggerProvider({
    processors: [
      {
        onEmit: (record) => void seen.push(record),
        forceFlush: async () => undefined,
        shutdown: async () => undefined,
      },
    ],
  })
  const reporter = createReporter((line) => void said.push(line))
  const lengths = createLogLengths(Infinity, createRedaction(), reporter)
  createGuardedLoggerProvider(provider, reporter, lengths).getLogger('app').emit(given)
  return seen[0]
}

const cyclic: Record<string, unknown> = { name: 'kept' }
cyclic['self'] = cyclic

test.each([
  ['a date', new Date(0), '1970-01-01T00:00:00.000Z'],
  ['a big integer', 5n, '5'],
  ['a big integer deep inside', { user: { id: 5n } }, { user: { id: '5' } }],
  ['a map', new Map([['a', new Set([1])]]), { a: [1] }],
  ['a cycle', cyclic, { name: 'kept', self: '[circular]' }],
  ['a function', () => 1, '[function]'],
  ['a symbol', Symbol('s'), 'Symbol(s)'],
  ['a list of numbers', new Float64Array([1, 2]), [1, 2]],
  ['other bytes', new DataView(new ArrayBuffer(1)), new Uint8Array(1)],
  ['a text that is an object', Object('text'), 'text'],
  [
    'an instance of a class',
    new (class A {
      a = 1
    })(),
    { a: 1 },
  ],
  [
    'members that every object has',
    JSON.parse('{"constructor":{"prototype":1},"__proto__":{"x":2},"a":3}'),
    { '[constructor]': { prototype: 1 }, '[__proto__]': { x: 2 }, a: 3 },
  ],
])('%s arrives, as a field and as the body', (_what, given, expected) => {
  const record = emit({ body: given, attributes: { given, other: 1 } })

  expect(record?.attributes).toEqual({ given: expected, other: 1 })
  expect(record?.body).toEqual(expected)
})

test('what is changed after the call is not sent as it is then', () => {
  const user: Record<string, unknown> = { name: 'ann' }
  const list = [user]
  const record = emit({ body: { user }, attributes: { user, list } })
  user['password'] = 'hunter2'

  expect(record?.body).toEqual({ user: { name: 'ann' } })
  expect(record?.attributes).toEqual({ user: { name: 'ann' }, list: [{ name: 'ann' }] })
})

test('a getter that throws, or does so the second time only, costs itself', () => {
  let reads = 0
  const record = emit({
    body: 'x',
    attributes: {
      fine: 1,
      nested: {
        get later() {
          reads += 1
          if (reads > 1) throw new Error('not for you')
          return 1
        },
      },
      get broken() {
        throw new Error('not for you')
      },
    },
  })

  expect(record?.body).toBe('x')
  expect(record?.attributes).toMatchObject({ fine: 1, broken: '[threw]' })
})

test('a huge field costs no more time than what is kept of it', () => {
  const huge = { list: Array.from({ length: 300_000 }, (_, id) => ({ id, of: { id } })) }
  const before = process.cpuUsage()
  const record = emit({ body: huge, attributes: { huge, floats: new Float64Array(5_000_000) } })
  const { user, system } = process.cpuUsage(before)

  expect(record?.attributes['huge']).toMatchObject({
    list: expect.arrayContaining(['[299000 more]']),
  })
  // To look at all of it takes seconds.
  expect((user + system) / 1_000).toBeLessThan(1_000)
})
