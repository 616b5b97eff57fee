/**
 * Whether work ended because its signal told it to, and says no more: it passes the reason on, as fetch() does, or calls its error
 * so, as the calls of Node.js and libraries do.
 */
export function isAbortedBy(error: unknown, signal: AbortSignal): boolean {
  if (!signal.aborted) return false
  if (error === signal.reason) return true
  try {
    return (error as { readonly name?: unknown }).name === 'AbortError'
  } catch {
    // Nothing at all, or what throws when it is read.
    return false
  }
}
