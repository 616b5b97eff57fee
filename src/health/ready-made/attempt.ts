import { untilAborted } from '../../core/until-aborted.ts'

/**
 * Makes of `attempt` one that is under way at most once: whoever asks meanwhile waits for the same. A dependency that hangs for
 * hours would otherwise collect a request of each run.
 */
export function createAttempt<Result>(
  attempt: () => PromiseLike<Result>,
): (signal: AbortSignal, describe: () => string) => Promise<Result> {
  let pending: Promise<Result> | undefined
  return (signal, describe) => {
    if (!pending) {
      const own = (async () => attempt())().finally(() => {
        if (pending === own) pending = undefined
      })
      pending = own
    }
    return untilAborted(pending, signal, describe)
  }
}
