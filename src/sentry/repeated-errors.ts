/** Errors that are remembered at the most. */
const MAX_REMEMBERED = 200

/**
 * Tells errors that were reported already: what is thrown is often logged where it was thrown and again where the request fails.
 *
 * @returns whether this one, of the same trace and with the same stack, was seen before
 */
export function createRepeatedErrors(): (traceId: string | undefined, error: string) => boolean {
  const remembered = new Set<string>()
  return (traceId, error) => {
    // Without a trace two that look alike may be two.
    if (traceId === undefined) return false
    const key = `${traceId} ${error}`
    if (remembered.has(key)) return true
    remembered.add(key)
    const [oldest] = remembered
    if (remembered.size > MAX_REMEMBERED && oldest !== undefined) remembered.delete(oldest)
    return false
  }
}
