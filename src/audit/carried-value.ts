import { isBytes, isDate, toOwnBytes } from '../core/value-kinds.ts'

/** Nesting that is still looked at; evidence refuses what lies deeper. */
const MAX_DEPTH = 130

/**
 * A value as OpenTelemetry's SDK takes it: the SDK would leave out a whole attribute for one member that it does not know, and
 * an audit record would be without its details.
 *
 * Dates become ISO 8601, big integers decimal text; what says nothing (functions, symbols, what is missing) becomes null, and an
 * object within itself a word.
 */
export function toCarriedValue(value: unknown, parents: readonly object[] = []): unknown {
  if (typeof value === 'bigint') return value.toString()
  if (typeof value === 'function' || typeof value === 'symbol' || value === undefined) return null
  if (typeof value !== 'object' || value === null) return value
  if (isBytes(value)) return toOwnBytes(value)
  if (isDate(value)) return Number.isNaN(value.getTime()) ? null : value.toISOString()
  if (parents.includes(value)) return '[circular]'
  if (parents.length > MAX_DEPTH) return value
  const within = [...parents, value]
  if (Array.isArray(value)) {
    return Array.from(value, (item: unknown) => toCarriedValue(item, within))
  }
  const members = Object.entries(value).map(([key, member]: [string, unknown]) => [
    key,
    toCarriedValue(member, within),
  ])
  return Object.fromEntries(members)
}
