import { expect, test } from 'vitest'
import { createUuidV7, isUuid } from '../../../src/core/ids.ts'

test('a UUIDv7 has the version and the variant of RFC 9562', () => {
  for (let count = 0; count < 200; count += 1) {
    expect(createUuidV7(Date.now())).toMatch(
      /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    )
  }
})

test.each([
  [0, '00000000-0000'],
  // The example of RFC 9562, appendix A.6.
  [1_645_557_742_000, '017f22e2-79b0'],
  [2 ** 48 - 1, 'ffffffff-ffff'],
])('the time %d begins it as %s', (millis, start) => {
  expect(createUuidV7(millis).slice(0, 13)).toBe(start)
})

test('ids of later milliseconds sort after earlier ones', () => {
  const ids = Array.from({ length: 100 }, (_, index) => createUuidV7(1_700_000_000_000 + index))

  expect(ids.toSorted()).toEqual(ids)
})

test('ids of one millisecond differ', () => {
  const ids = Array.from({ length: 1_000 }, () => createUuidV7(1_700_000_000_000))

  expect(new Set(ids).size).toBe(1_000)
})

test.each([
  ['017f22e2-79b0-7cc3-98c4-dc0c0c07398f', true],
  ['017F22E2-79B0-7CC3-98C4-DC0C0C07398F', true],
  ['00000000-0000-0000-0000-000000000000', true],
  ['017f22e279b07cc398c4dc0c0c07398f', false],
  ['{017f22e2-79b0-7cc3-98c4-dc0c0c07398f}', false],
  ['017f22e2-79b0-7cc3-98c4-dc0c0c07398', false],
  ['017f22e2-79b0-7cc3-98c4-dc0c0c07398g', false],
  ['017f22e2-79b0-7cc3-98c4-dc0c0c07398f\n', false],
  ['', false],
])('whether %j is a UUID: %s', (text, expected) => {
  expect(isUuid(text)).toBe(expected)
})

test('what is made is a UUID', () => {
  expect(isUuid(createUuidV7(Date.now()))).toBe(true)
})
