/** Counts errors, and says once a minute at the most that there are too many. */
export interface ErrorThreshold {
  /** An error has happened. */
  count(): void
}

const MINUTE_MILLIS = 60_000

/**
 * Makes the counter.
 *
 * @param limit - errors within a minute that are too many
 * @param onReached - told once; it begins anew from there
 */
export function createErrorThreshold(
  limit: number,
  onReached: (errors: number) => void,
  now: () => number = Date.now,
): ErrorThreshold {
  // Never longer than the limit.
  let times: number[] = []
  let toldAt = -Infinity
  return {
    count() {
      times = [...times.filter((time) => now() - time < MINUTE_MILLIS), now()].slice(-limit)
      if (times.length < limit || now() - toldAt < MINUTE_MILLIS) return
      toldAt = now()
      times = []
      onReached(limit)
    },
  }
}
