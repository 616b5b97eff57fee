import { expect, test } from 'vitest'
import { headersOfList } from '../../../src/instrumentation/outgoing-headers.ts'

test('a list of names and values is an object of them, in its spelling', () => {
  expect(
    headersOfList(['Host', 'shop.example', 'X-Id', '1', 'Accept', 'a', 'accept', 'b']),
  ).toEqual({
    Host: 'shop.example',
    'X-Id': '1',
    Accept: ['a', 'b'],
  })
  expect(headersOfList(['Set-Cookie', ['a=1', 'b=2'], 'Content-Length', 5])).toEqual({
    'Set-Cookie': ['a=1', 'b=2'],
    'Content-Length': '5',
  })
  expect(headersOfList([])).toEqual({})
})

test.each([
  ['an object', { accept: 'a' }],
  ['nothing', undefined],
  ['half a pair', ['Accept']],
  ['a name that is none', [5, 'a']],
  ['a value that is none', ['Accept', undefined]],
  [
    'pairs',
    [
      ['Accept', 'a'],
      ['X-Id', '1'],
    ],
  ],
])('%s is left to Node.js', (_what, headers) => {
  expect(headersOfList(headers)).toBeUndefined()
})
