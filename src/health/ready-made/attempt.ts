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

/** Waits for `work` until the signal is aborted, and then rejects with what `describe` says was waited for. */
export async function untilAborted<Result>(
  work: PromiseLike<Result>,
  signal: AbortSignal,
  describe: () => string,
): Promise<Result> {
  const aborted = Promise.withResolvers<never>()
  const giveUp = (): void => aborted.reject(new Error(describe()))
  if (signal.aborted) giveUp()
  else signal.addEventListener('abort', giveUp)
  try {
    return await Promise.race([work, aborted.promise])
  } finally {
    signal.removeEventListener('abort', giveUp)
  }
}
