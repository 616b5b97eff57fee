import type { AnyValue, KeyValue, OtlpInput } from './otlp-input.ts'
import type { EmittedRecord } from '../../../src/audit/evidence.ts'

/** A JavaScript value in the JSON form of OTLP, as docs/design/audit.md has it. */
export function toOtlpValue(value: unknown): AnyValue {
  if (typeof value === 'string') return { stringValue: value }
  if (typeof value === 'boolean') return { boolValue: value }
  if (typeof value === 'bigint') return { intValue: String(value) }
  if (typeof value === 'number') {
    return Number.isSafeInteger(value)
      ? { intValue: String(value) }
      : { doubleValue: Number.isFinite(value) ? value : String(value) }
  }
  if (value instanceof Uint8Array) return { bytesValue: Buffer.from(value).toString('base64') }
  if (Array.isArray(value)) return { arrayValue: { values: value.map(toOtlpValue) } }
  if (typeof value === 'object' && value !== null) {
    return { kvlistValue: { values: toOtlpMembers(value) } }
  }
  return {}
}

/** The members of an object as attributes, in their order. */
export function toOtlpMembers(members: object): KeyValue[] {
  return Object.entries(members).map(([key, value]: [string, unknown]) => ({
    key,
    value: toOtlpValue(value),
  }))
}

/** A time of the SDK in nanoseconds. */
export function toNanos([seconds, rest]: EmittedRecord['hrTime']): bigint {
  return BigInt(seconds) * 1_000_000_000n + BigInt(rest)
}

/** A record of the SDK in the JSON form of OTLP. */
export function toOtlpInput(record: EmittedRecord): OtlpInput {
  const { instrumentationScope: scope, spanContext } = record
  return {
    resource: { attributes: toOtlpMembers(record.resource.attributes) },
    scope: {
      name: scope.name,
      version: scope.version ?? '',
      attributes: toOtlpMembers(scope.attributes ?? {}),
    },
    record: {
      timeUnixNano: String(toNanos(record.hrTime)),
      observedTimeUnixNano: String(toNanos(record.hrTimeObserved)),
      severityNumber: record.severityNumber ?? 0,
      severityText: record.severityText ?? '',
      body: toOtlpValue(record.body),
      attributes: toOtlpMembers(record.attributes),
      droppedAttributesCount: record.droppedAttributesCount,
      flags: spanContext?.traceFlags ?? 0,
      traceId: spanContext?.traceId ?? '',
      spanId: spanContext?.spanId ?? '',
      eventName: record.eventName ?? '',
    },
  }
}

/**
 * The record of the SDK that says what an OTLP record says; undefined when JavaScript has no such record: keys that came twice,
 * texts that are not UTF-8, doubles that are whole.
 */
export function toEmittedRecord({ resource, scope, record }: OtlpInput): EmittedRecord | undefined {
  try {
    if (/"\w+Bytes":/.test(JSON.stringify({ scope, record }))) return undefined
    return {
      hrTime: toHrTime(record.timeUnixNano),
      hrTimeObserved: toHrTime(record.observedTimeUnixNano),
      severityNumber: record.severityNumber,
      severityText: record.severityText,
      body: record.body && toPlain(record.body),
      eventName: record.eventName,
      attributes: toMembers(record.attributes),
      droppedAttributesCount: record.droppedAttributesCount ?? 0,
      resource: { attributes: toMembers(resource.attributes) },
      instrumentationScope: {
        name: scope.name ?? '',
        version: scope.version,
        attributes: toMembers(scope.attributes ?? []),
      },
      spanContext: {
        traceId: record.traceId ?? '',
        spanId: record.spanId ?? '',
        traceFlags: record.flags ?? 0,
      },
    }
  } catch (error) {
    if (error instanceof NotInJavaScript) return undefined
    throw error
  }
}

function toHrTime(text = '0'): [number, number] {
  return [Number(BigInt(text) / 1_000_000_000n), Number(BigInt(text) % 1_000_000_000n)]
}

class NotInJavaScript extends Error {}

function toMembers(list: readonly KeyValue[]): object {
  const members: Record<string, unknown> = Object.create(null)
  for (const { key, value } of list) {
    if (key === undefined || key in members) throw new NotInJavaScript()
    members[key] = toPlain(value)
  }
  return members
}

function toPlain(value: AnyValue): unknown {
  if (value.stringValue !== undefined) return value.stringValue
  if (value.boolValue !== undefined) return value.boolValue
  if (value.intValue !== undefined) {
    const number = Number(value.intValue)
    return Number.isSafeInteger(number) ? number : BigInt(value.intValue)
  }
  if (value.doubleValue !== undefined) {
    const number = Number(value.doubleValue)
    if (Number.isSafeInteger(number)) throw new NotInJavaScript()
    return number
  }
  if (value.bytesValue !== undefined) return Buffer.from(value.bytesValue, 'base64')
  if (value.arrayValue !== undefined) return value.arrayValue.values.map(toPlain)
  if (value.kvlistValue !== undefined) return toMembers(value.kvlistValue.values)
  if (Object.keys(value).length > 0) throw new NotInJavaScript()
  return null
}
