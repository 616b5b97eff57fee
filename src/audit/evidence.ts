import { AuditError } from '../core/errors.ts'
import { createUuidV7, isUuid } from '../core/ids.ts'
import type { Redaction } from '../core/redaction.ts'
import {
  cleanText,
  createValueTexts,
  toFlags,
  toJsonText,
  ValueRefused,
  type ValueTexts,
} from './evidence-text.ts'
import type { MadeRecord, StreamPlace } from './made-record.ts'
import { MAX_EVIDENCE_DEPTH, resourceText, type OriginResource } from './origin.ts'

/** What is needed of an OpenTelemetry log record. */
export interface EmittedRecord {
  readonly hrTime: readonly [seconds: number, nanos: number]
  readonly hrTimeObserved: readonly [seconds: number, nanos: number]
  readonly spanContext?:
    | { readonly traceId: string; readonly spanId: string; readonly traceFlags: number }
    | undefined
  readonly severityText?: string | undefined
  readonly severityNumber?: number | undefined
  readonly body?: unknown
  readonly eventName?: string | undefined
  readonly resource: OriginResource
  readonly instrumentationScope: {
    readonly name: string
    readonly version?: string | undefined
    readonly attributes?: object | undefined
  }
  readonly attributes: object
  readonly droppedAttributesCount: number
}

/** What only the producer's stream may say. */
const PLACE = {
  stream: 'audit.stream.id',
  sequence: 'audit.sequence.number',
  previousHash: 'audit.sequence.prev_hash',
} as const

/** Rules in use, by redaction: there is one for as long as telemetry runs. */
const textsOf = new WeakMap<Redaction, ValueTexts>()

/**
 * The record that becomes of one that was emitted through OpenTelemetry's own API, with nothing left out of it.
 *
 * A record without `audit.record.id` gets one. What it says itself of its place in a stream, or of an annex, is replaced or
 * left out: only the stream knows it.
 *
 * @throws {AuditError} `TELLTALE_AUDIT_EVENT_INVALID` for an id that is no UUID and for what is nested too deep
 */
export function evidenceOfLogRecord(
  record: EmittedRecord,
  place: StreamPlace,
  redaction: Redaction,
): MadeRecord {
  const recordId = readRecordId(record)
  const time = toNanos(record.hrTime)
  const observed = toNanos(record.hrTimeObserved)
  const { 'audit.annex.hash': _annex, ...own } = record.attributes as Record<string, unknown>
  const attributes = Object.assign(Object.create(null) as object, own, {
    'audit.record.id': recordId,
    [PLACE.stream]: place.streamId,
    [PLACE.sequence]: place.sequence,
    [PLACE.previousHash]: place.previousHash,
  })
  try {
    const text = toEvidenceText(record, attributes, time, observed, redaction)
    return {
      recordId,
      eventName: redaction.text(record.eventName ?? '').toWellFormed(),
      timeUnixNano: time || observed,
      evidence: Buffer.from(text),
    }
  } catch (error) {
    if (!(error instanceof ValueRefused)) throw error
    throw invalid(record, `a value is ${error.message}`, recordId)
  }
}

/**
 * The members of evidence in their order.
 *
 * @param attributes - those of the record and those of its place
 */
export function toEvidenceText(
  record: EmittedRecord,
  attributes: object,
  time: bigint,
  observed: bigint,
  redaction: Redaction,
): string {
  const texts = valueTexts(redaction)
  const { spanContext, instrumentationScope: scope, body, eventName, severityText } = record
  const flags = toFlags(spanContext?.traceFlags)
  const hasBody = body !== undefined && body !== null
  const members = [
    `"attributes":[${texts.list(attributes, 1)}]`,
    hasBody && notEmpty(`"body":`, texts.value(body, 1)),
    record.droppedAttributesCount > 0 &&
      `"droppedAttributesCount":${record.droppedAttributesCount}`,
    eventName && `"eventName":"${cleanText(eventName, redaction)}"`,
    flags !== 0 && `"flags":${flags}`,
    '"format":"telltale/1"',
    time === 0n && observed !== 0n && `"observedTimeUnixNano":"${observed}"`,
    `"resource":${resourceText(record.resource)}`,
    notEmpty('"scope":', scopeText(scope, texts)),
    isSeverity(record.severityNumber) && `"severityNumber":${record.severityNumber}`,
    severityText && `"severityText":"${cleanText(severityText, redaction)}"`,
    isSpanId(spanContext?.spanId) && `"spanId":"${spanContext!.spanId.toLowerCase()}"`,
    time !== 0n && `"timeUnixNano":"${time}"`,
    isTraceId(spanContext?.traceId) && `"traceId":"${spanContext!.traceId.toLowerCase()}"`,
  ]
  return `{${members.filter(Boolean).join(',')}}`
}

function valueTexts(redaction: Redaction): ValueTexts {
  let texts = textsOf.get(redaction)
  if (!texts) {
    texts = createValueTexts({ maxDepth: MAX_EVIDENCE_DEPTH, strict: false, redaction })
    textsOf.set(redaction, texts)
  }
  return texts
}

function scopeText(
  { attributes, name, version }: EmittedRecord['instrumentationScope'],
  texts: ValueTexts,
): string {
  const list = attributes ? texts.list(attributes, 1) : ''
  const members = [
    list && `"attributes":[${list}]`,
    name && `"name":${toJsonText(name)}`,
    version && `"version":${toJsonText(version)}`,
  ]
  return `{${members.filter(Boolean).join(',')}}`
}

/** The member, unless its value is the empty object. */
function notEmpty(before: string, text: string): string {
  return text === '{}' ? '' : before + text
}

/** The field of OTLP is an integer of 32 bits; 0 says nothing. */
function isSeverity(severity: number | undefined): boolean {
  return severity !== undefined && severity !== 0 && severity === (severity | 0)
}

/** Ids of nothing but zeros are none, and so is whatever is no id: evidence with it would be no evidence. */
function isTraceId(id: string | undefined): boolean {
  return id !== undefined && /^(?!0+$)[\da-f]{32}$/i.test(id)
}

function isSpanId(id: string | undefined): boolean {
  return id !== undefined && /^(?!0+$)[\da-f]{16}$/i.test(id)
}

function toNanos([seconds, nanos]: EmittedRecord['hrTime']): bigint {
  if (!Number.isSafeInteger(seconds)) return 0n
  const time = BigInt(seconds) * 1_000_000_000n + BigInt(Math.round(nanos) || 0)
  // What the 64 bits of OTLP cannot carry is no time.
  return time > 0n && time < 2n ** 64n ? time : 0n
}

function readRecordId(record: EmittedRecord): string {
  const given = (record.attributes as Record<string, unknown>)['audit.record.id']
  if (given === undefined || given === null || given === '') return createUuidV7(Date.now())
  if (typeof given === 'string' && isUuid(given)) return given.toLowerCase()
  throw invalid(record, '"audit.record.id" is no UUID', undefined)
}

function invalid(
  { eventName }: EmittedRecord,
  reason: string,
  recordId: string | undefined,
): AuditError {
  const error = new AuditError(
    'TELLTALE_AUDIT_EVENT_INVALID',
    `the audit event "${eventName ?? ''}" was not recorded: ${reason}`,
  )
  error.recordId = recordId
  return error
}
