import { LoggerProvider, type ReadableLogRecord } from '@opentelemetry/sdk-logs'
import { expect, test } from 'vitest'
import { toCarriedValue } from '../../../src/audit/carried-value.ts'

/** The attribute that the SDK makes of a value. */
function attributeOf(value: unknown): unknown {
  const records: ReadableLogRecord[] = []
  const provider = new LoggerProvider({
    processors: [
      {
        onEmit: (record) => void records.push(record),
        forceFlush: async () => undefined,
        shutdown: async () => undefined,
      },
    ],
  })
  provider.getLogger('app').emit({ attributes: { value } })
  return records[0]!.attributes['value']
}

class Money {
  amount = 5n
}
const cyclic: Record<string, unknown> = { name: 'x' }
cyclic['self'] = cyclic

test.each<[string, unknown, unknown]>([
  ['a date', { at: new Date(1_000) }, { at: '1970-01-01T00:00:01.000Z' }],
  ['a date that is none', { at: new Date(Number.NaN) }, { at: null }],
  ['a big integer', [2n ** 64n], ['18446744073709551616']],
  ['a function and a symbol', [() => 1, Symbol('x')], [null, null]],
  ['a hole in a list', Array.from({ length: 2 }), [null, null]],
  ['an instance of a class', { money: new Money() }, { money: { amount: '5' } }],
  ['an object within itself', cyclic, { name: 'x', self: '[circular]' }],
])('%s does not cost the attribute it is in', (_title, given, expected) => {
  expect(toCarriedValue(given)).toEqual(expected)
  expect(attributeOf(toCarriedValue(given))).toEqual(expected)
})

test('what the SDK takes stays as it is', () => {
  const value = { a: [1, 'x', true, null, { b: new Uint8Array([1]) }], c: Number.NaN }

  expect(toCarriedValue(value)).toEqual(value)
})
