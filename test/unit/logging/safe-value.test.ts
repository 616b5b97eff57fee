import { expect, test } from 'vitest'
import { toSafeValue } from '../../../src/logging/safe-value.ts'

test('what is harmless stays the same object, one that stands in two places included', () => {
  const shared = { answer: 42 }
  const value = { a: shared, b: shared, bytes: Buffer.from('x'), list: [1, [2]] }

  expect(toSafeValue(value)).toBe(value)
  expect(toSafeValue('text')).toBe('text')
  expect(toSafeValue(null)).toBe(null)
})

test('a cycle, a getter that throws and what lies too deep are replaced, and nothing else', () => {
  const cyclic: Record<string, unknown> = { name: 'kept' }
  cyclic['self'] = { again: cyclic }
  let deep: unknown = 'bottom'
  for (let level = 0; level < 80; level += 1) deep = [deep]
  const throwing = Object.defineProperty({ kept: true }, 'secret', {
    enumerable: true,
    get() {
      throw new Error('not for you')
    },
  })

  expect(toSafeValue({ cyclic, throwing })).toEqual({
    cyclic: { name: 'kept', self: { again: '[circular]' } },
    throwing: { kept: true, secret: '[threw]' },
  })
  expect(JSON.stringify(toSafeValue(deep))).toMatch(/^\[{32}"\[too deep\]"\]{32}$/)
})
