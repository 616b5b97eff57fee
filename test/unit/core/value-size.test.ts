import { expect, test } from 'vitest'
import { sizeOfMembers, sizeOfValue, sizeWithin } from '../../../src/core/value-size.ts'

test.each([
  ['text', 36],
  [7, 32],
  [null, 32],
  [undefined, 32],
  [new Uint8Array(300), 432],
  [['a', 'b'], 98],
  [{ key: 'value', of: [1] }, 138],
])('the size of %j is its characters and what is around each value', (value, size) => {
  expect(sizeOfValue(value)).toBe(size)
})

test('of members it is the same, and of none nothing', () => {
  expect(sizeOfMembers({ key: 'value' })).toBe(sizeOfValue({ key: 'value' }))
  expect(sizeOfMembers(undefined)).toBe(0)
})

test('what does not fit, or is too deep, has none', () => {
  let deep: unknown = 'x'
  for (let depth = 0; depth < 100; depth += 1) deep = [deep]

  expect(sizeWithin('x'.repeat(100), 131)).toBeUndefined()
  expect(sizeWithin('x'.repeat(100), 132)).toBe(132)
  expect(sizeWithin(deep, Infinity)).toBeUndefined()
})

test('of a list that does not fit no more is read than fits', () => {
  let read = 0
  const list = new Proxy(Array<number>(1_000_000).fill(1), {
    get(target, key, receiver) {
      read += 1
      return Reflect.get(target, key, receiver) as unknown
    },
  })

  expect(sizeWithin(list, 1_000)).toBeUndefined()
  expect(read).toBeLessThan(200)
})
