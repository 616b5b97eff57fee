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
