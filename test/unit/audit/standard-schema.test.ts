import { expect, test } from 'vitest'
import { describeIssue, type StandardIssue } from '../../../src/audit/standard-schema.ts'

test.each<[StandardIssue, string]>([
  [{ message: 'Required' }, 'Required'],
  [{ message: 'Required', path: undefined }, 'Required'],
  [{ message: 'Required', path: [] }, 'Required'],
  [{ message: 'Required', path: ['a'] }, 'a: Required'],
  [{ message: 'Required', path: ['items', 0, 'name'] }, 'items.0.name: Required'],
  [{ message: 'Required', path: [{ key: 'items' }, { key: 0 }] }, 'items.0: Required'],
  [{ message: 'Required', path: [Symbol('s')] }, 'Symbol(s): Required'],
])('%j is said as %j', (issue, expected) => {
  expect(describeIssue(issue)).toBe(expected)
})
