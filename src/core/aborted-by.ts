/**
 * Whether work ended because its signal told it to: it passes the reason on, as fetch() does, wraps it, as the calls of Node.js
 * do, or says so in the name of the error, as libraries do.
 */
export function isAbortedBy(error: unknown, signal: AbortSignal): boolean {
  if (!signal.aborted) return false
  if (error === signal.reason) return true
  try {
    const { name, cause } = error as { readonly name?: unknown; readonly cause?: unknown }
    return name === 'AbortError' || cause === signal.reason
  } catch {
    // Nothing at all, or what throws when it is read.
    return false
  }
}
