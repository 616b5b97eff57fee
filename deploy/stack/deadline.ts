import { setTimeout as sleep } from 'node:timers/promises'

/**
 * Asks again and again until the answer is yes or the time is over.
 *
 * @returns whether the answer was yes in time
 */
export async function until(
  condition: () => boolean | Promise<boolean>,
  withinMillis: number,
  everyMillis = 25,
): Promise<boolean> {
  const deadline = performance.now() + withinMillis
  for (;;) {
    if (await condition()) return true
    if (performance.now() >= deadline) return false
    await sleep(everyMillis)
  }
}
