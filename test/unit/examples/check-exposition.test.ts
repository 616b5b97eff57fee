import { expect, test } from 'vitest'
import { problemsOfExposition } from '../../../examples/support/check-exposition.ts'

const valid = `# HELP a_total What "a" is.
# TYPE a_total counter
a_total{route="/b \\"x\\\\\\n"} 3
a_total 0.5 1700000000000
# HELP b_seconds How long.
# TYPE b_seconds histogram
b_seconds_bucket{route="/a",le="0.1"} 1
b_seconds_bucket{route="/a",le="+Inf"} 2
b_seconds_sum{route="/a"} 1e-3
b_seconds_count{route="/a"} 2
`

test('text as Prometheus has it has no problems', () => {
  expect(problemsOfExposition(valid)).toEqual([])
})

test.each([
  ['a text that was cut off', valid.slice(0, -1), 'the last line does not end'],
  ['a line that is none', `${valid}c{d=1} 2\n`, 'no such line: c{d=1} 2'],
  ['a value that is none', `${valid}c 1,5\n`, 'no such line: c 1,5'],
  ['a TYPE twice', `${valid}# TYPE a_total counter\n`, 'two TYPE lines: a_total'],
  ['a HELP twice', `${valid}# HELP a_total Again.\n`, 'two HELP lines: a_total'],
  ['a series twice', valid.replace('a_total 0.5', 'a_total 1\n$&'), 'there twice: a_total'],
  ['a family in two places', `${valid}a_total{x="1"} 1\n`, 'scattered: a_total'],
  ['buckets that fall', valid.replace('le="0.1"} 1', 'le="0.1"} 3'), 'b_seconds do not rise'],
  ['a count of its own', valid.replace('"} 2\nb_seconds_sum', '"} 3\nb_seconds_sum'), 'its count'],
])('%s is told', (_what, text, problem) => {
  expect(problemsOfExposition(text).join('\n')).toContain(problem)
})
