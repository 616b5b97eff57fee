import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { cutText } from '../../../src/core/cut-text.ts'

test.each([
  ['abc', 3, 'abc'],
  ['abcd', 3, 'abc'],
  ['abc', 0, ''],
  ['ab😀', 3, 'ab'],
  ['ab😀', 4, 'ab😀'],
  ['日本語', 2, '日本'],
  ['a\ud800b', 3, 'a\ud800b'],
])('%j cut to %i is %j', (text, length, expected) => {
  expect(cutText(text, length)).toBe(expected)
})

test('what is cut does not hold the whole text in memory', () => {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const used = (): number => {
    collect()
    return process.memoryUsage().heapUsed + process.memoryUsage().external
  }
  const before = used()

  // Each is a text of its own, with no two alike.
  const cut = Array.from({ length: 40 }, (_none, index) =>
    cutText(Buffer.alloc(5_000_000, String.fromCharCode(48 + index)).toString('latin1'), 1_000),
  )

  expect(used() - before).toBeLessThan(80_000_000)
  expect(cut.every((text) => text.length === 1_000)).toBe(true)
})
