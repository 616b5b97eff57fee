import { expect, test } from 'vitest'
import { showValue } from '../../../src/core/show-value.ts'

test.each<[unknown, string]>([
  [undefined, 'nothing'],
  [null, 'null'],
  ['5', '"5"'],
  [NaN, 'NaN'],
  [-Infinity, '-Infinity'],
  [100n, '100n'],
  [Symbol('s'), 'symbol'],
  [() => 5, 'function'],
  [{ a: 1 }, '{"a":1}'],
  [{ a: 1n }, 'object'],
  [[1, Infinity], '[1,"Infinity"]'],
  [{ days: NaN }, '{"days":"NaN"}'],
])('%o in a message is %s', (value, shown) => {
  expect(showValue(value)).toBe(shown)
})
