import type { Evidence, EvidenceAttribute, EvidenceValue } from './evidence.ts'
import { printable, printableBytes, toJsonbText } from './jsonb-text.ts'
import type { TextColumn } from './rows.ts'

/** What the columns of a row must say, derived from its evidence alone. */
export interface Columns {
  readonly recordId: string | null
  readonly texts: { readonly [Name in TextColumn]: string | null }
  readonly sequenceNumber: bigint | null
  /** 64 lower-case hexadecimal digits. */
  readonly prevHash: string | null
  readonly annexHash: string | null
  /** Unix microseconds; nothing when the evidence has no time: then it is `recorded_at`. */
  readonly occurredAt: bigint | null
  readonly occurredUnixNano: bigint | null
}

/** Texts that an index takes are cut to so many bytes. */
export const LONGEST_INDEXED_BYTES = 1024
const MAX_INT64 = 2n ** 63n - 1n

/** The attributes that have a column of their own. */
export const COLUMN_OF: Readonly<Record<string, TextColumn>> = {
  'event.name': 'event_name',
  'audit.actor.id': 'actor_id',
  'audit.actor.type': 'actor_type',
  'audit.action': 'action',
  'audit.outcome': 'outcome',
  'audit.target.type': 'target_type',
  'audit.target.id': 'target_id',
  'audit.source.id': 'source_id',
  'audit.source.type': 'source_type',
  tenant_id: 'tenant_id',
  'audit.request.id': 'request_id',
  request_id: 'request_id',
  'user_agent.original': 'user_agent',
  'audit.schema.version': 'schema_version',
  'audit.stream.id': 'stream_id',
}

/** What the names of flat details start with. */
export const DETAILS_PREFIX = 'audit.details.'

/** Columns that are not cut to what an index takes. */
export const UNCUT: ReadonlySet<TextColumn> = new Set(['user_agent'])

/**
 * Derives the columns as section 13 of docs/design/audit.md says, for the exporter and for us.
 *
 * It is written from the specification and shares nothing with the exporter, so that a fault of the one is seen by the other.
 */
export function toColumns(evidence: Evidence): Columns {
  const texts: Record<TextColumn, string | null> = {
    ...NO_TEXTS,
    evidence_format: evidence.format,
    trace_id: evidence.traceId ?? null,
    span_id: evidence.spanId ?? null,
  }
  let recordId: string | null = null
  let sequenceNumber: bigint | null = null
  let prevHash: string | null = null
  let annexHash: string | null = null
  let details: EvidenceValue | undefined
  const flatDetails: EvidenceAttribute[] = []
  const others: EvidenceAttribute[] = []
  for (const attribute of evidence.attributes) {
    const { key, value } = attribute
    const column = key === undefined ? undefined : columnOf(key)
    if (column !== undefined) texts[column] ??= toColumnText(column, value)
    else if (key === 'audit.record.id') recordId ??= toText(value)
    else if (key === 'audit.sequence.number') sequenceNumber ??= toInteger(value)
    else if (key === 'audit.sequence.prev_hash') prevHash ??= toHash(value)
    else if (key === 'audit.annex.hash') annexHash ??= toHash(value)
    else if (key === 'audit.details') {
      if (Object.keys(value).length > 0) details ??= value
    } else {
      const flat = toFlatDetail(attribute)
      if (flat) flatDetails.push(flat)
      else others.push(attribute)
    }
  }
  const eventName =
    evidence.eventNameBytes === undefined
      ? printable(evidence.eventName ?? '')
      : printableBytes(Buffer.from(evidence.eventNameBytes, 'base64'))
  if (eventName !== '') texts.event_name = cut(eventName)
  const { attributes: resource } = evidence.resource
  texts.service_name = toText(firstOf(resource, 'service.name'))
  texts.tenant_id ??= toColumnText('tenant_id', firstOf(resource, 'tenant_id'))
  texts.details = toDetails(details, flatDetails)
  texts.attributes = toJsonbText(others)
  texts.resource = toJsonbText(resource)
  return {
    recordId: recordId?.toLowerCase() ?? null,
    texts,
    sequenceNumber,
    prevHash,
    annexHash,
    ...toOccurred(evidence, recordId),
  }
}

const NO_TEXTS: Readonly<Record<TextColumn, null>> = {
  event_name: null,
  actor_id: null,
  actor_type: null,
  action: null,
  outcome: null,
  target_type: null,
  target_id: null,
  source_id: null,
  source_type: null,
  tenant_id: null,
  request_id: null,
  user_agent: null,
  trace_id: null,
  span_id: null,
  service_name: null,
  schema_version: null,
  stream_id: null,
  evidence_format: null,
  details: null,
  attributes: null,
  resource: null,
}

/** `audit.details.<name>` as the detail `<name>`, for producers that can only send flat attributes. */
function toFlatDetail({ key, keyBytes, value }: EvidenceAttribute): EvidenceAttribute | undefined {
  if (key !== undefined) {
    const isFlat = key.startsWith(DETAILS_PREFIX) && key.length > DETAILS_PREFIX.length
    return isFlat ? { key: key.slice(DETAILS_PREFIX.length), value } : undefined
  }
  const bytes = Buffer.from(keyBytes!, 'base64')
  if (!bytes.toString('latin1').startsWith(DETAILS_PREFIX)) return undefined
  return { keyBytes: bytes.subarray(DETAILS_PREFIX.length).toString('base64'), value }
}

function columnOf(key: string): TextColumn | undefined {
  return Object.hasOwn(COLUMN_OF, key) ? COLUMN_OF[key] : undefined
}

function firstOf(attributes: readonly EvidenceAttribute[], key: string): EvidenceValue {
  return attributes.find((attribute) => attribute.key === key)?.value ?? {}
}

function toColumnText(column: TextColumn, value: EvidenceValue): string | null {
  const text = toText(value)
  return text === null || UNCUT.has(column) ? text : cut(text)
}

/** A scalar as text; nothing for an empty, absent or structured value. */
function toText(value: EvidenceValue): string | null {
  const text =
    value.stringValue === undefined
      ? value.stringBytes === undefined
        ? (value.intValue ??
          value.bytesValue ??
          toDoubleText(value.doubleValue) ??
          value.boolValue?.toString() ??
          '')
        : printableBytes(Buffer.from(value.stringBytes, 'base64'))
      : printable(value.stringValue)
  return text === '' ? null : text
}

function toDoubleText(value: number | string | undefined): string | undefined {
  return value === undefined ? undefined : String(value)
}

function cut(text: string): string {
  // No symbol takes more than three bytes per unit, so most texts need not be measured.
  if (text.length * 3 <= LONGEST_INDEXED_BYTES) return text
  const bytes = Buffer.from(text)
  if (bytes.length <= LONGEST_INDEXED_BYTES) return text
  let end = LONGEST_INDEXED_BYTES - Buffer.byteLength('…')
  while ((bytes[end]! & 0xc0) === 0x80) end -= 1
  return `${bytes.toString('utf8', 0, end)}…`
}

function toDetails(details: EvidenceValue | undefined, flat: readonly EvidenceAttribute[]): string {
  if (details === undefined) return toJsonbText(flat)
  if (details.kvlistValue) return toJsonbText([...flat, ...details.kvlistValue.values])
  return toJsonbText([...flat, { key: 'value', value: details }])
}

function toInteger(value: EvidenceValue): bigint | null {
  if (value.intValue !== undefined) return BigInt(value.intValue)
  if (value.stringValue === undefined || !/^[+-]?[0-9]{1,19}$/.test(value.stringValue)) return null
  const number = BigInt(value.stringValue.replace('+', ''))
  return number >= -MAX_INT64 - 1n && number <= MAX_INT64 ? number : null
}

/** A SHA-256 that was sent as bytes, as hexadecimal digits or as base64. */
function toHash(value: EvidenceValue): string | null {
  const { stringValue, bytesValue } = value
  if (stringValue !== undefined && /^[0-9a-fA-F]{64}$/.test(stringValue)) {
    return stringValue.toLowerCase()
  }
  const base64 = bytesValue ?? stringValue
  if (base64 === undefined) return null
  const bytes = Buffer.from(base64, 'base64')
  return bytes.length === 32 && bytes.toString('base64') === base64 ? bytes.toString('hex') : null
}

function toOccurred(
  { timeUnixNano, observedTimeUnixNano }: Evidence,
  recordId: string | null,
): Pick<Columns, 'occurredAt' | 'occurredUnixNano'> {
  if (timeUnixNano !== undefined) {
    const nanos = BigInt(timeUnixNano)
    return { occurredAt: nanos / 1000n, occurredUnixNano: nanos > MAX_INT64 ? null : nanos }
  }
  if (observedTimeUnixNano !== undefined) {
    return { occurredAt: BigInt(observedTimeUnixNano) / 1000n, occurredUnixNano: null }
  }
  // The version stands at the start of a UUID's third group.
  if (recordId?.[14] === '7') {
    const millis = BigInt(`0x${recordId.slice(0, 8)}${recordId.slice(9, 13)}`)
    return { occurredAt: millis * 1000n, occurredUnixNano: null }
  }
  return { occurredAt: null, occurredUnixNano: null }
}
