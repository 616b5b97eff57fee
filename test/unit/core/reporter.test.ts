import { expect, test } from 'vitest'
import { createReporter } from '../../../src/core/reporter.ts'
import { createRecordingReporter } from '../support/recording-reporter.ts'

test('a cause is said once, whatever the message', () => {
  const reporter = createRecordingReporter()

  expect(reporter.once('export', 'the Collector is away')).toBe(true)
  expect(reporter.once('export', 'the Collector is still away')).toBe(false)
  expect(reporter.once('other', 'something else')).toBe(true)

  expect(reporter.lines).toEqual([
    'telltale: the Collector is away\n',
    'telltale: something else\n',
  ])
})

test('the end of a cause is said, and then it counts as new', () => {
  const reporter = createRecordingReporter()

  reporter.once('export', 'away')
  reporter.over('export', 'back')
  reporter.over('export', 'back')
  reporter.once('export', 'away again')

  expect(reporter.lines).toEqual(['telltale: away\n', 'telltale: back\n', 'telltale: away again\n'])
})

test('the end of a cause that was never said is not news', () => {
  const reporter = createRecordingReporter()

  reporter.over('export', 'back')

  expect(reporter.lines).toEqual([])
})

test('a message is one line, whatever is in it', () => {
  const reporter = createRecordingReporter()

  reporter.say('first\nsecond\nthird')

  expect(reporter.lines).toEqual(['telltale: first second third\n'])
})

test('what is said without a cause is said each time', () => {
  const reporter = createRecordingReporter()

  reporter.say('a')
  reporter.say('a')

  expect(reporter.lines).toHaveLength(2)
})

test('endlessly many causes fill neither the memory nor stderr: after a thousand one word says so', () => {
  const lines: string[] = []
  const reporter = createReporter((line) => lines.push(line))

  for (let cause = 0; cause < 3_000; cause += 1) reporter.once(`cause ${cause}`, 'x')

  expect(lines).toHaveLength(1_001)
  expect(lines.at(-1)).toMatch(/too many different faults/)
  expect(reporter.once('cause 0', 'x')).toBe(false)
  expect(reporter.once('cause 5000', 'x')).toBe(false)
})

test('a huge message is cut, and a huge cause is not kept whole', () => {
  const lines: string[] = []
  const reporter = createReporter((line) => lines.push(line))
  const huge = 'x'.repeat(10_000_000)

  expect(reporter.once(huge, `odd: ${huge}`)).toBe(true)
  expect(reporter.once(huge, 'again')).toBe(false)
  expect(reporter.once(`${huge}y`, 'the same as far as it is kept')).toBe(false)
  reporter.over(huge, 'over')

  expect(lines.map((line) => line.length)).toEqual([expect.toSatisfy(isShort), 15])
  expect(lines[0]).toMatch(/^telltale: odd: x+… \[cut\]\n$/)
})

const isShort = (length: number): boolean => length < 2_100
