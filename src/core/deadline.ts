/** How a bounded wait ended. */
export type DeadlineResult = 'done' | 'failed' | 'late'

/**
 * Waits for `work`, at most `millis` milliseconds; never rejects.
 *
 * @param hold - whether the wait keeps the process alive: a process that is ending must wait for its last export, one
 * that is still busy must not be held up by it
 */
export async function withDeadline(
  work: Promise<unknown>,
  millis: number,
  hold = true,
): Promise<DeadlineResult> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<DeadlineResult>((resolve) => {
    timer = setTimeout(resolve, millis, 'late')
    if (!hold) timer.unref()
  })
  const ended = work.then(
    (): DeadlineResult => 'done',
    (): DeadlineResult => 'failed',
  )
  try {
    return await Promise.race([ended, late])
  } finally {
    clearTimeout(timer)
  }
}
