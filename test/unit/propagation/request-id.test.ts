import { ROOT_CONTEXT } from '@opentelemetry/api'
import { expect, test } from 'vitest'
import { isRequestId, requestIdOf, withRequestId } from '../../../src/propagation/propagation.ts'

test('a context keeps the id of its request', () => {
  expect(requestIdOf(ROOT_CONTEXT)).toBeUndefined()
  expect(requestIdOf(withRequestId(ROOT_CONTEXT, 'r-1'))).toBe('r-1')
})

test.each([
  '6f0d5c1e-33a5-4d5e-9a59-3b3f6f4d6f10',
  '0af7651916cd43dd8448eb211c80319c',
  'Root=1-67891233-abcdef012345678912345678',
  'a',
  'x'.repeat(128),
])('%s is taken', (id) => {
  expect(isRequestId(id)).toBe(true)
})

test.each([
  '',
  'x'.repeat(129),
  'a b',
  'a\r\nset-cookie: x=1',
  'a\nlevel=error',
  'a\u0000',
  'a\u2028b',
  '{"level":"error"}',
  '<script>',
  '=1+1',
  '-1',
  'é',
  ['a'],
  undefined,
])('%j is not', (id) => {
  expect(isRequestId(id)).toBe(false)
})
