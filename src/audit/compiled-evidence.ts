import type { Redaction } from '../core/redaction.ts'
import type { DeclaredEvent } from './define-audit-event.ts'
import { cleanText, escapeText, TEXT_END, toJsonText } from './evidence-text.ts'
import type { StreamPlace } from './made-record.ts'

/** What differs from one record of an event to the next, settled; not redacted. */
export interface RecordFacts {
  readonly recordId: string
  readonly actorId: string
  readonly actorType: string
  readonly outcome: string
  readonly targetType: string | undefined
  readonly targetId: string | undefined
  readonly sourceId: string | undefined
  readonly sourceType: string | undefined
  readonly requestId: string | undefined
  readonly tenantId: string | undefined
  readonly userAgent: string | undefined
  /** Milliseconds since 1970, more than 0. */
  readonly occurredAtMillis: number
  readonly traceId: string | undefined
  readonly spanId: string | undefined
  readonly traceFlags: number
}

/** What the details have become. */
export interface DetailTexts {
  /** Text of the list of attributes, without its brackets; undefined when there are no details. */
  readonly details: string | undefined
  /** Hexadecimal; undefined when nothing of the details may be erased. */
  readonly annexHash: string | undefined
}

/** Makes the evidence once the record has its place. */
export type FinishEvidence = (place: StreamPlace) => string

/**
 * Prepares the evidence of an event: names, keys, their order and their tags are text already, so that a record costs
 * little more than its values.
 *
 * What it makes is, byte for byte, what `evidenceOfLogRecord` makes of the same record. One text, to which pieces are only
 * ever appended: V8 flattens such a one in half the time of a tree.
 */
export function compileEvidence(
  event: DeclaredEvent,
): (
  facts: RecordFacts,
  texts: DetailTexts,
  resource: string,
  redaction: Redaction,
) => FinishEvidence {
  const start = `{"attributes":[{"key":"audit.action","value":{"stringValue":"${escapeText(event.action)}`
  const schema =
    event.schemaVersion === undefined ? '' : SCHEMA_VERSION + escapeText(event.schemaVersion)
  const sequenceNumber = `${schema}${TEXT_END}},{"key":"audit.sequence.number","value":{"intValue":"`
  const end = `${TEXT_END}}],"eventName":${toJsonText(event.name)}`

  return (facts, { details, annexHash }, resource, redaction) =>
    ({ sequence, previousHash, streamId }) => {
      let text = start + ACTOR_ID + cleanText(facts.actorId, redaction)
      text += ACTOR_TYPE
      text += facts.actorType
      if (annexHash !== undefined) text += ANNEX_HASH + annexHash
      if (details === undefined) text += OUTCOME
      else {
        text += DETAILS
        text += details
        text += OUTCOME_BEHIND_DETAILS
      }
      text += facts.outcome
      text += RECORD_ID
      text += facts.recordId
      text = append(text, REQUEST_ID, facts.requestId, redaction)
      text += sequenceNumber
      text += sequence
      text += PREVIOUS_HASH
      text += previousHash
      text = append(text, SOURCE_ID, facts.sourceId, redaction)
      if (facts.sourceType !== undefined) text += SOURCE_TYPE + facts.sourceType
      text += STREAM_ID
      text += streamId
      text = append(text, TARGET_ID, facts.targetId, redaction)
      text = append(text, TARGET_TYPE, facts.targetType, redaction)
      text = append(text, TENANT_ID, facts.tenantId, redaction)
      text = append(text, USER_AGENT, facts.userAgent, redaction)
      text += end
      if (facts.traceFlags !== 0) text += `,"flags":${facts.traceFlags}`
      text += ',"format":"telltale/1","resource":'
      text += resource
      if (facts.spanId !== undefined) text += `,"spanId":"${facts.spanId}"`
      text += `,"timeUnixNano":"${facts.occurredAtMillis}000000"`
      return facts.traceId === undefined ? `${text}}` : `${text},"traceId":"${facts.traceId}"}`
    }
}

const ACTOR_ID = behindText('audit.actor.id')
const ACTOR_TYPE = behindText('audit.actor.type')
const ANNEX_HASH = behindText('audit.annex.hash')
const DETAILS = `${TEXT_END}},{"key":"audit.details","value":{"kvlistValue":{"values":[`
const OUTCOME = behindText('audit.outcome')
const OUTCOME_BEHIND_DETAILS = ']}}},{"key":"audit.outcome","value":{"stringValue":"'
const RECORD_ID = behindText('audit.record.id')
const REQUEST_ID = behindText('audit.request.id')
const SCHEMA_VERSION = behindText('audit.schema.version')
const PREVIOUS_HASH = behindText('audit.sequence.prev_hash')
const SOURCE_ID = behindText('audit.source.id')
const SOURCE_TYPE = behindText('audit.source.type')
const STREAM_ID = behindText('audit.stream.id')
const TARGET_ID = behindText('audit.target.id')
const TARGET_TYPE = behindText('audit.target.type')
const TENANT_ID = behindText('tenant_id')
const USER_AGENT = behindText('user_agent.original')

/** What stands between the value of a text attribute, or a number's, and that of the text attribute behind it. */
function behindText(key: string): string {
  return `${TEXT_END}},{"key":"${key}","value":{"stringValue":"`
}

/** Appends a text that may hold anything; nothing when there is none. */
function append(
  to: string,
  before: string,
  text: string | undefined,
  redaction: Redaction,
): string {
  return text === undefined ? to : to + before + cleanText(text, redaction)
}
