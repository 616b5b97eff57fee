import { METRIC_LIMITS } from './metric-limits.ts'

/** A label's value as text; nothing for what cannot be one: no value, an object, or more than 1 024 characters. */
export function toLabelText(value: unknown): string | undefined {
  if (typeof value === 'string') {
    if (value.length > METRIC_LIMITS.label) return undefined
    // Two that differ in a lone surrogate only would be the same on the wire, and the text invalid.
    return value.toWellFormed()
  }
  if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint') {
    return String(value)
  }
  return undefined
}
