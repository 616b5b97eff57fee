import type { AnyValue } from '@opentelemetry/api'
import { isBytes, isDate, isPlainObject, toOwnBytes } from '../core/value-kinds.ts'

/** Nesting that is still recorded; deeper details are refused. */
export const MAX_DETAIL_DEPTH = 32

/**
 * A value as OpenTelemetry can carry it without loss: big integers as decimal text, dates as ISO 8601.
 *
 * `undefined` members are left out, as in JSON.
 *
 * @throws {TypeError} names the member that cannot be carried: a function, a symbol, NaN, a class instance, a cycle
 */
export function toAuditValue(value: unknown, path = 'details', depth = 0): AnyValue {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value
  if (typeof value === 'number') {
    if (Number.isFinite(value)) return value
    throw new TypeError(`"${path}" must be a finite number; got ${value}`)
  }
  if (typeof value === 'bigint') return value.toString()
  if (isBytes(value)) return toOwnBytes(value)
  if (isDate(value)) {
    if (Number.isFinite(value.getTime())) return value.toISOString()
    throw new TypeError(`"${path}" must be a valid Date`)
  }
  if (depth >= MAX_DETAIL_DEPTH) {
    throw new TypeError(`"${path}" must not be nested deeper than ${MAX_DETAIL_DEPTH} levels`)
  }
  if (Array.isArray(value)) {
    return value.map((item, index) => toAuditValue(item, `${path}[${index}]`, depth + 1))
  }
  if (isPlainObject(value)) {
    const members: Record<string, AnyValue> = Object.create(null)
    for (const [key, member] of Object.entries(value)) {
      if (member === undefined) continue
      members[key] = toAuditValue(member, `${path}.${key}`, depth + 1)
    }
    return members
  }
  throw new TypeError(`"${path}" must be plain data; got ${describe(value)}`)
}

function describe(value: unknown): string {
  return typeof value === 'object' ? `an object of class ${value?.constructor?.name}` : typeof value
}
