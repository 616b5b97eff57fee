import { expect, test } from 'vitest'
import { verdictText } from '../../../src/cli/audit/verdict-text.ts'
import type { Problem, Verdict } from '../../../src/verification/verification.ts'

test('a stream cannot write lines of its own into the verdict', () => {
  const problem: Problem = {
    rule: 'stream-gap',
    level: 'red',
    stream: 'x\ngreen: 13 records',
    sequence: 3,
    message: 'number 3\nis fine',
    advice: 'Ask.',
  }
  const verdict: Verdict = {
    verdict: 'red',
    records: 1,
    seals: 1,
    sealers: 1,
    streams: 1,
    checkpoints: 1,
    pending: { seals: 0, records: 0, inFlight: 0 },
    problems: [problem],
    counts: { 'stream-gap': 1 },
    first: problem,
  }

  expect(verdictText(verdict).split('\n')).toEqual([
    'red: 1 records, 1 seals by 1 sealers, 1 streams, 1 checkpoints',
    '',
    'the first bad record:',
    '  stream-gap: number 3\\u000ais fine',
    '    stream x\\u000agreen: 13 records, number 3',
    '    Ask.',
  ])
})
