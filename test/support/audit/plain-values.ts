import type { AnyValue, KeyValue } from './otlp-input.ts'

/** Attributes as a plain object: integers are big integers, bytes Buffers, what is empty is null. */
export function toPlainMembers(list: readonly KeyValue[]): Record<string, unknown> {
  return Object.fromEntries(list.map(({ key, value }) => [key!, toPlainValue(value)]))
}

/** A value as JavaScript has it. */
export function toPlainValue(value: AnyValue): unknown {
  if (value.stringValue !== undefined) return value.stringValue
  if (value.boolValue !== undefined) return value.boolValue
  if (value.intValue !== undefined) return BigInt(value.intValue)
  if (value.doubleValue !== undefined) return Number(value.doubleValue)
  if (value.bytesValue !== undefined) return Buffer.from(value.bytesValue, 'base64')
  if (value.arrayValue !== undefined) return value.arrayValue.values.map(toPlainValue)
  if (value.kvlistValue !== undefined) return toPlainMembers(value.kvlistValue.values)
  return null
}
