import { setTimeout as sleep } from 'node:timers/promises'

const WAIT_MILLIS = 2_000
const LOOK_MILLIS = 5

// As they are now: a test may put fake timers in their place, and what is waited for comes in real time.
const now = performance.now.bind(performance)

/** Waits until an assertion holds; see `TestTelemetry`. */
export async function waitFor<Result>(
  assertion: () => Result,
  { timeoutMillis = WAIT_MILLIS }: { readonly timeoutMillis?: number } = {},
): Promise<Awaited<Result>> {
  const deadline = now() + timeoutMillis
  for (;;) {
    try {
      return await assertion()
    } catch (error) {
      if (now() > deadline) throw error
    }
    await sleep(LOOK_MILLIS)
  }
}
