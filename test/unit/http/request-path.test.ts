import { expect, test } from 'vitest'
import { pathOf, templatePath, toWord } from '../../../src/http/request-path.ts'

test.each([
  ['/a/b', '/a/b'],
  ['/a?token=x', '/a'],
  ['/a#b?c', '/a'],
  ['/?x', '/'],
  ['//evil.example/a', '//evil.example/a'],
  ['http://host:80/a?x', '/a'],
  ['http://host', '/'],
  ['*', '*'],
  ['', '/'],
  [undefined, '/'],
])('the path of %s is %s', (url, expected) => {
  expect(pathOf(url)).toBe(expected)
})

test('a path is cut before it fills the log', () => {
  expect(pathOf(`/${'x'.repeat(10_000)}`)).toHaveLength(2_048)
})

test.each([
  ['/courses/17', '/courses/{id}'],
  ['/courses/17/lessons/4/', '/courses/{id}/lessons/{id}/'],
  ['/17', '/{id}'],
  ['/v1/a17/17a', '/v1/a17/17a'],
  ['/', '/'],
])('the template of %s is %s', (path, expected) => {
  expect(templatePath(path)).toBe(expected)
})

test.each([
  ['ada', 'ada'],
  ['a b', 'a%20b'],
  ['a\r\nlevel=error', 'a%0D%0Alevel=error'],
  ['"x"', '%22x%22'],
  ['/a%20b', '/a%20b'],
  ['a\u2028b\u202e', 'a%E2%80%A8b%E2%80%AE'],
  ['\ud800', '%EF%BF%BD'],
  ['ä', 'ä'],
])('%j is the word %s', (text, expected) => {
  expect(toWord(text)).toBe(expected)
})
