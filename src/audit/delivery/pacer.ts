/** Chooses from 0 (inclusive) to 1 (exclusive). */
export type Random = () => number

/** When the next attempt is due. */
export interface Pacer {
  /** Resolves when an attempt may be made; with a ticket to report how it ended. */
  turn(): Promise<number>
  succeeded(): void
  /** @param retryInMillis - what the other side asked for */
  failed(ticket: number, retryInMillis?: number): void
  /** Makes the next attempt due now. */
  hurry(): void
  /** Whether the last attempt failed. */
  readonly isFailing: boolean
}

const FIRST_PAUSE_MILLIS = 100
/** However long the other side asks for: a wrong Retry-After must not stop the trail for a day. */
const MAX_PAUSE_MILLIS = 30_000

/**
 * Exponential backoff with full jitter, shared by all requests to one place: what fails for one would fail for all.
 *
 * @see https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 */
export function createPacer(random: Random = Math.random): Pacer {
  let failures = 0
  let dueAt = 0
  /** Counts the pauses: attempts that were on their way together fail once. */
  let pauses = 0
  let wakers = new Set<() => void>()
  return {
    get isFailing() {
      return failures > 0
    },
    async turn() {
      for (let wait = dueAt - performance.now(); wait > 0; wait = dueAt - performance.now()) {
        await new Promise<void>((resolve) => {
          const wake = (): void => {
            clearTimeout(timer)
            wakers.delete(wake)
            resolve()
          }
          // Unreferenced: what waits is safe on disk and keeps no process alive.
          const timer = setTimeout(wake, Math.ceil(wait)).unref()
          wakers.add(wake)
        })
      }
      return pauses
    },
    succeeded() {
      failures = 0
    },
    failed(ticket, retryInMillis = 0) {
      if (ticket !== pauses) return
      pauses += 1
      const longest = Math.min(MAX_PAUSE_MILLIS, FIRST_PAUSE_MILLIS * 2 ** Math.min(failures, 20))
      failures += 1
      const pause = Math.max(Math.min(retryInMillis, MAX_PAUSE_MILLIS), random() * longest)
      dueAt = performance.now() + pause
    },
    hurry() {
      dueAt = 0
      const waiting = wakers
      wakers = new Set()
      for (const wake of waiting) wake()
    },
  }
}
