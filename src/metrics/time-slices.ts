/** Work in pieces, so that a large scrape does not hold up requests. */
export interface TimeSlices {
  /** Whether this piece has taken its time; asked after each small step. */
  isOver(): boolean
  /** Lets everything else run that waits, and begins the next piece. */
  next(): Promise<void>
}

/** Steps between two looks at the clock: a look costs as much as a small step. */
const STEPS = 32

/** Begins the first piece of work of which none takes much longer than `millis`. */
export function startTimeSlices(millis: number): TimeSlices {
  let started = performance.now()
  let steps = 0
  return {
    isOver() {
      steps += 1
      return steps % STEPS === 0 && performance.now() - started > millis
    },
    async next() {
      // Not a promise that is resolved already: input and output would wait until all the work is done.
      await new Promise(setImmediate)
      started = performance.now()
    },
  }
}
