/** How long work in pieces may hold the event loop in one turn, in milliseconds: all such work of the process together. */
const TURN_MILLIS = 1

/** Steps between two looks at the clock: a look costs as much as a small step, and a step that was never taken before a hundred. */
const STEPS = 8

/** As the process had it when it began: a test of an application may put its own in place. */
const { setImmediate } = globalThis

/** When work in pieces began in this turn; nothing if it has not. */
let beganAt: number | undefined
let steps = 0

/**
 * Whether work in pieces has had its time in this turn of the event loop; asked after each small step.
 *
 * The time is shared: twenty metrics that are read one after the other would otherwise each take all of it.
 */
export function isTurnOver(): boolean {
  if (beganAt === undefined) {
    beganAt = performance.now()
    setImmediate(() => {
      beganAt = undefined
    })
    return false
  }
  steps += 1
  return steps % STEPS === 0 && performance.now() - beganAt > TURN_MILLIS
}

/** Lets everything else run that waits. */
export async function nextTurn(): Promise<void> {
  // Not a promise that is resolved already: input and output would wait until all the work is done.
  await new Promise<void>((resolve) => void setImmediate(resolve))
}
