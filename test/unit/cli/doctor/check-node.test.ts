import { expect, test } from 'vitest'
import { isAtLeast } from '../../../../src/cli/doctor/check-node.ts'

test.each([
  ['22.15.0', true],
  ['22.15.1', true],
  ['22.9.0', false],
  ['22.14.9', false],
  ['20.99.99', false],
  ['24.0.0', true],
  ['26.0.0-nightly', true],
])('whether %s is 22.15 or later: %s', (version, answer) => {
  expect(isAtLeast(version, [22, 15, 0])).toBe(answer)
})
