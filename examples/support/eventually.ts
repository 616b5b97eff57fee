import { setTimeout as sleep } from 'node:timers/promises'

/** How long to wait for something to arrive. */
export interface Patience {
  readonly withinMillis: number
  readonly everyMillis?: number
}

/**
 * Reads again and again until what was read is what we wait for.
 *
 * A read that fails counts as nothing found yet: a back end may be starting.
 *
 * @throws {Error} after the deadline; its cause is the last failure of a read
 */
export async function eventually<Value>(
  what: string,
  read: () => Promise<Value>,
  isComplete: (value: Value) => boolean,
  { withinMillis, everyMillis = 100 }: Patience,
): Promise<Value> {
  const deadline = performance.now() + withinMillis
  let last: unknown
  for (;;) {
    try {
      const value = await read()
      if (isComplete(value)) return value
      last = new Error(`the last answer was ${JSON.stringify(value)?.slice(0, 2_000)}`)
    } catch (error) {
      last = error
    }
    if (performance.now() >= deadline) {
      throw new Error(`${what} not found within ${withinMillis / 1_000} s`, { cause: last })
    }
    await sleep(everyMillis)
  }
}
