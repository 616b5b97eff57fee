import type { Place } from './rows.ts'

/** One end of a run: the record that stands there. */
export interface RunEnd {
  readonly recordId: string
  readonly place: Place
  readonly recordedAt: bigint
}

/** Consecutive records of one stream whose links hold, by their ends only. */
export interface StreamRun {
  readonly stream: string
  readonly first: number
  readonly last: number
  /** `prev_hash` of the first one; nothing when it states none. */
  readonly firstPrevious: string | null
  /** `hash` of the last one; nothing when it is not known. */
  readonly lastHash: string | null
  /** Nothing when the record is retained. */
  readonly start: RunEnd | null
  readonly end: RunEnd | null
}

/** Told of what does not fit while runs are put together. */
export interface RunProblems {
  /** Two records have the same number. */
  fork(stream: string, sequence: number, there: StreamRun, added: StreamRun): void
  /** The second run does not name the hash with which the first one ends. */
  broken(before: StreamRun, after: StreamRun): void
}

/**
 * The records of all streams, as runs of consecutive numbers.
 *
 * It holds the ends of runs, never the records in between: whole streams are one run each, however long they are.
 */
export class StreamRuns {
  readonly #streams = new Map<string, StreamRun[]>()
  readonly #problems: RunProblems

  constructor(problems: RunProblems) {
    this.#problems = problems
  }

  /** Streams that have records. */
  get count(): number {
    return this.#streams.size
  }

  streams(): IterableIterator<[stream: string, runs: readonly StreamRun[]]> {
    return this.#streams.entries()
  }

  runsOf(stream: string): readonly StreamRun[] {
    return this.#streams.get(stream) ?? []
  }

  /** @param isSeenBefore - of a run that may have been verified earlier: that its numbers are known is no fork then */
  add(run: StreamRun, isSeenBefore = false): void {
    const runs = this.#streams.get(run.stream)
    if (!runs) {
      this.#streams.set(run.stream, [run])
      return
    }
    const at = placeOf(runs, run.first)
    const [before, after] = [runs[at - 1], runs[at]]
    const overlapped =
      before && before.last >= run.first ? before : after && after.first <= run.last ? after : null
    if (overlapped) {
      if (!isSeenBefore || overlapped.start !== null) {
        this.#problems.fork(run.stream, Math.max(run.first, overlapped.first), overlapped, run)
      }
      this.#addBesides(overlapped, run, isSeenBefore)
      return
    }
    const joinsBefore = before !== undefined && before.last + 1 === run.first
    const joinsAfter = after !== undefined && run.last + 1 === after.first
    const joined = this.#join(
      joinsBefore ? this.#join(before, run) : run,
      joinsAfter ? after : undefined,
    )
    runs.splice(joinsBefore ? at - 1 : at, Number(joinsBefore) + Number(joinsAfter), joined)
  }

  /** Whether the newest run of a stream ends with just this record, and not with another one of its number. */
  endsWith(stream: string, end: RunEnd): boolean {
    return this.#streams.get(stream)?.at(-1)?.end === end
  }

  /** Moves the end of a stream's newest run to a later record: all in between follow each other, and their links hold. */
  lengthen(stream: string, last: number, lastHash: string, end: RunEnd): void {
    const runs = this.#streams.get(stream)!
    runs.push({ ...runs.pop()!, last, lastHash, end })
  }

  /** What of a run is there only once is no gap; its links at the seam are not known. */
  #addBesides(there: StreamRun, run: StreamRun, isSeenBefore: boolean): void {
    if (run.first < there.first) {
      this.add({ ...run, last: there.first - 1, lastHash: null }, isSeenBefore)
    }
    if (run.last > there.last) {
      this.add({ ...run, first: there.last + 1, firstPrevious: null }, isSeenBefore)
    }
  }

  #join(before: StreamRun, after: StreamRun | undefined): StreamRun {
    if (!after) return before
    const isKnown = after.firstPrevious !== null && before.lastHash !== null
    if (isKnown && after.firstPrevious !== before.lastHash) this.#problems.broken(before, after)
    return { ...before, last: after.last, lastHash: after.lastHash, end: after.end }
  }
}

/** Index of the first run that starts after `first`: nearly always the end. */
function placeOf(runs: readonly StreamRun[], first: number): number {
  let [low, high] = [0, runs.length]
  if (high === 0 || runs[high - 1]!.first <= first) return high
  while (low < high) {
    const middle = (low + high) >>> 1
    if (runs[middle]!.first <= first) low = middle + 1
    else high = middle
  }
  return low
}
