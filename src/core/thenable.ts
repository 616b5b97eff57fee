/** Whether a value is a promise, or what `await` takes for one. What cannot be looked at is none. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return false
  try {
    return typeof (value as PromiseLike<unknown>).then === 'function'
  } catch {
    return false
  }
}

/**
 * Hands on why a value rejects, if it is a promise. A callback of which nothing is awaited may be an async function all the
 * same: nobody's rejection would end the process.
 */
export function onRejection(value: unknown, tell: (error: unknown) => void): void {
  if (isThenable(value)) void Promise.resolve(value).then(undefined, tell)
}
