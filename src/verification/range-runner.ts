import type { CheckSet } from './checks.ts'
import { QuickRecord } from './quick/quick-record.ts'
import { RangeCheck } from './range-check.ts'
import type { RangeResult } from './range-result.ts'
import type { SealRange } from './rows.ts'
import type { RangeReader } from './source.ts'

/** Checks ranges, here or on threads of their own. */
export interface RangeRunner {
  /** How many ranges it works on at a time. */
  readonly width: number
  run(range: SealRange): Promise<RangeResult>
  close(): Promise<void>
}

/**
 * Reads and checks a range.
 *
 * @param quick - one for all ranges of a thread: its tapes are large, and as garbage of each range they would count in the peak
 */
export async function checkRange(
  reader: RangeReader,
  range: SealRange,
  checks: CheckSet,
  quick: QuickRecord,
): Promise<RangeResult> {
  const check = new RangeCheck(checks, quick)
  await reader.readRange(range, check)
  return check.end()
}

/** Checks ranges on this thread, one after the other. */
export function createLocalRunner(reader: RangeReader, checks: CheckSet): RangeRunner {
  const quick = new QuickRecord()
  let before: Promise<unknown> = Promise.resolve()
  return {
    width: 1,
    // One after the other, though more are asked for: an archive's files are read forward, and only once.
    run: (range) => {
      const result = before.then(() => checkRange(reader, range, checks, quick))
      before = result.catch(() => {})
      return result
    },
    close: async () => {},
  }
}

/** Runs ranges as they come, several at a time, and gives the results in the order of the ranges. */
export async function* runInOrder(
  runner: RangeRunner,
  ranges: AsyncIterable<SealRange> | Iterable<SealRange>,
): AsyncGenerator<RangeResult> {
  const waiting: Promise<RangeResult>[] = []
  try {
    for await (const range of ranges) {
      const result = runner.run(range)
      // A later one may fail first; it is told when its turn comes.
      result.catch(() => {})
      waiting.push(result)
      // Somewhat more than there are threads, so that none waits for the slowest.
      if (waiting.length >= 2 * runner.width) yield await waiting.shift()!
    }
    while (waiting.length > 0) yield await waiting.shift()!
  } finally {
    await Promise.allSettled(waiting)
  }
}
