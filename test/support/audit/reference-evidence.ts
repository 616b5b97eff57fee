import { createHash } from 'node:crypto'
import type { AnyValue, KeyValue, OtlpInput } from './otlp-input.ts'

/** Nesting that evidence may have: the value of an attribute and the body have depth 1. */
export const MAX_DEPTH = 128

type Json = string | number | boolean | Json[] | { [name: string]: Json }

/**
 * The evidence `telltale/1` of a record, by the letter of docs/design/audit.md.
 *
 * Slow and plain on purpose: the encoders of the SDK and of the Collector are held against it.
 */
export function referenceEvidence({ resource, scope, record }: OtlpInput): string {
  const members: Record<string, Json> = {
    attributes: toList(record.attributes),
    format: 'telltale/1',
    resource: { attributes: toList(resource.attributes) },
  }
  const scopeMembers: Record<string, Json> = {}
  if ((scope.attributes ?? []).length > 0) scopeMembers['attributes'] = toList(scope.attributes!)
  addText(scopeMembers, 'name', scope.name, scope.nameBytes)
  addText(scopeMembers, 'version', scope.version, scope.versionBytes)
  if (Object.keys(scopeMembers).length > 0) members['scope'] = scopeMembers

  if (record.body !== undefined && Object.keys(record.body).length > 0) {
    members['body'] = toValue(record.body, 1)
  }
  addText(members, 'eventName', record.eventName, record.eventNameBytes)
  addText(members, 'severityText', record.severityText, record.severityTextBytes)
  if (record.droppedAttributesCount) {
    members['droppedAttributesCount'] = record.droppedAttributesCount
  }
  if (record.flags) members['flags'] = record.flags
  if (record.severityNumber) members['severityNumber'] = record.severityNumber

  const time = BigInt(record.timeUnixNano ?? 0)
  const observed = BigInt(record.observedTimeUnixNano ?? 0)
  if (time !== 0n) members['timeUnixNano'] = String(time)
  else if (observed !== 0n) members['observedTimeUnixNano'] = String(observed)

  if (/[^0]/.test(record.traceId ?? '')) members['traceId'] = record.traceId!.toLowerCase()
  if (/[^0]/.test(record.spanId ?? '')) members['spanId'] = record.spanId!.toLowerCase()
  return toJcs(members)
}

/** SHA-256 in lower-case hexadecimal digits. */
export function sha256(bytes: string | Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

/** RFC 8785: members sorted by UTF-16 code units, the shortest escapes, numbers as ECMAScript prints them. */
export function toJcs(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(toJcs).join(',')}]`
  if (typeof value === 'object') {
    const names = Object.keys(value).toSorted(compareUnits)
    return `{${names.map((name) => `${toJcs(name)}:${toJcs(value[name]!)}`).join(',')}}`
  }
  if (typeof value === 'string') return JSON.stringify(value.toWellFormed())
  return String(value)
}

/** The annex of details that may be erased: the JCS bytes that travel beside the evidence. */
export function referenceAnnex(details: readonly KeyValue[]): string {
  return toJcs({ values: toList(details) })
}

/** A list of attributes: sorted by key; those of the same key stay in the order in which they came. */
function toList(attributes: readonly KeyValue[], depth = 1): Json {
  return attributes
    .toSorted((left, right) => compareUnits(keyUnits(left), keyUnits(right)))
    .map(({ key, keyBytes, value }): Json => {
      const valueJson = toValue(value, depth)
      if (isNotUtf8(keyBytes)) return { keyBytes: toBase64(keyBytes!), value: valueJson }
      return { key: textOf(key, keyBytes), value: valueJson }
    })
}

function toValue(value: AnyValue, depth: number): Json {
  if (depth > MAX_DEPTH) throw new RangeError(`nested deeper than ${MAX_DEPTH}`)
  if (value.stringValue !== undefined) return { stringValue: value.stringValue }
  if (value.stringBytes !== undefined) {
    if (isNotUtf8(value.stringBytes)) return { stringBytes: toBase64(value.stringBytes) }
    return { stringValue: textOf(undefined, value.stringBytes) }
  }
  if (value.boolValue !== undefined) return { boolValue: value.boolValue }
  if (value.intValue !== undefined) return { intValue: String(BigInt(value.intValue)) }
  if (value.doubleValue !== undefined) {
    const number = Number(value.doubleValue)
    // JSON has no words for these; String(-0) is "0" already.
    return { doubleValue: Number.isFinite(number) ? number : String(number) }
  }
  if (value.bytesValue !== undefined) return { bytesValue: toBase64(value.bytesValue) }
  if (value.arrayValue !== undefined) {
    return { arrayValue: { values: value.arrayValue.values.map((one) => toValue(one, depth + 1)) } }
  }
  if (value.kvlistValue !== undefined) {
    return { kvlistValue: { values: toList(value.kvlistValue.values, depth + 1) } }
  }
  return {}
}

/** Adds a text, or its bytes when they are not UTF-8; nothing when it is empty. */
function addText(
  members: Record<string, Json>,
  name: string,
  text: string | undefined,
  bytes: string | undefined,
): void {
  if (isNotUtf8(bytes)) members[`${name}Bytes`] = toBase64(bytes!)
  else if (textOf(text, bytes) !== '') members[name] = textOf(text, bytes)
}

function textOf(text: string | undefined, bytes: string | undefined): string {
  if (bytes !== undefined) return Buffer.from(bytes, 'base64').toString('utf8')
  return (text ?? '').toWellFormed()
}

/** The one way of writing bytes in base64, whichever way they came. */
function toBase64(base64: string): string {
  return Buffer.from(base64, 'base64').toString('base64')
}

function isNotUtf8(base64: string | undefined): boolean {
  if (base64 === undefined) return false
  try {
    new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.from(base64, 'base64'))
    return false
  } catch {
    return true
  }
}

/** What a key is sorted by: its UTF-16 code units; bytes that are not UTF-8 as if each were one. */
function keyUnits({ key, keyBytes }: KeyValue): string {
  if (isNotUtf8(keyBytes)) return Buffer.from(keyBytes!, 'base64').toString('latin1')
  return textOf(key, keyBytes)
}

/** JavaScript compares texts by their UTF-16 code units. */
function compareUnits(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0
}
