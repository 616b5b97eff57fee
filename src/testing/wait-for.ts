import { setTimeout as sleep } from 'node:timers/promises'

const WAIT_MILLIS = 2_000
const LOOK_MILLIS = 5

/** Waits until an assertion holds; see `TestTelemetry`. */
export async function waitFor<Result>(
  assertion: () => Result,
  { timeoutMillis = WAIT_MILLIS }: { readonly timeoutMillis?: number } = {},
): Promise<Awaited<Result>> {
  const deadline = Date.now() + timeoutMillis
  for (;;) {
    try {
      return await assertion()
    } catch (error) {
      if (Date.now() > deadline) throw error
    }
    await sleep(LOOK_MILLIS)
  }
}
