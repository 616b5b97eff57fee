/** Lets so much through, and no more. */
export interface RateLimit {
  /** @returns whether there was something left */
  take(): boolean
}

const MINUTE_MILLIS = 60_000

/** Makes a limit for whoever asks, all together; each minute begins anew. */
export function createRateLimit(perMinute: number, now: () => number = Date.now): RateLimit {
  let minute = -1
  let taken = 0
  return {
    take() {
      const current = Math.floor(now() / MINUTE_MILLIS)
      if (current !== minute) {
        minute = current
        taken = 0
      }
      if (taken >= perMinute) return false
      taken += 1
      return true
    },
  }
}
