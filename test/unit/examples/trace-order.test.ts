import { expect, test } from 'vitest'
import { isInOrder } from '../../../examples/support/check-back-ends.ts'

const patterns = [/^POST \/claim$/, /^get$/, /^POST$/]
const span = (name: string, startMillis: number): { name: string; startMillis: number } => ({
  name,
  startMillis,
})

test('spans that start one after the other are in order, whichever comes first in the answer', () => {
  expect(isInOrder([span('POST', 3), span('get', 2), span('POST /claim', 1)], patterns)).toBe(true)
})

test('spans of the same millisecond are in order', () => {
  expect(isInOrder([span('POST', 1), span('get', 1), span('POST /claim', 1)], patterns)).toBe(true)
})

test('of several spans of a name the first counts', () => {
  const spans = [span('POST /claim', 1), span('get', 2), span('POST', 3), span('get', 4)]
  expect(isInOrder(spans, patterns)).toBe(true)
})

test('a span that started too early is not in order', () => {
  expect(isInOrder([span('POST /claim', 1), span('get', 3), span('POST', 2)], patterns)).toBe(false)
})
