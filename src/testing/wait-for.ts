import { setTimeout as sleep } from 'node:timers/promises'

const WAIT_MILLIS = 2_000
const LOOK_MILLIS = 5

/** More is a millisecond to a timer of Node.js. */
const LONGEST_MILLIS = 2 ** 31 - 1

/** Waits until an assertion holds; see `TestTelemetry`. */
export async function waitFor<Result>(
  assertion: () => Result,
  { timeoutMillis = WAIT_MILLIS }: { readonly timeoutMillis?: number } = {},
): Promise<Awaited<Result>> {
  // No clock: a runner may have put a fake one in its place before this module was loaded, and what is waited for comes in
  // real time.
  const deadline = AbortSignal.timeout(Math.min(Math.ceil(timeoutMillis), LONGEST_MILLIS))
  for (;;) {
    try {
      return await assertion()
    } catch (error) {
      if (deadline.aborted) throw error
    }
    await sleep(LOOK_MILLIS)
  }
}
