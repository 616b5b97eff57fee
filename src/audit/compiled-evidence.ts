import type { DeclaredEvent } from './define-audit-event.ts'
import { toJsonText, toStringValue } from './evidence-text.ts'
import type { StreamPlace } from './made-record.ts'

/** What differs from one record of an event to the next, settled and free of secrets. */
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
 * What it makes is, byte for byte, what `evidenceOfLogRecord` makes of the same record.
 */
export function compileEvidence({
  name,
  action,
  schemaVersion,
}: DeclaredEvent): (facts: RecordFacts, texts: DetailTexts, resource: string) => FinishEvidence {
  const start = `{"attributes":[{"key":"audit.action","value":${toStringValue(action)}}`
  const schema = attribute('audit.schema.version', schemaVersion)
  const eventName = `],"eventName":${toJsonText(name)}`

  return (facts, { details, annexHash }, resource) => {
    const head =
      start +
      attribute('audit.actor.id', facts.actorId) +
      attribute('audit.actor.type', facts.actorType) +
      attribute('audit.annex.hash', annexHash) +
      (details === undefined
        ? ''
        : `,{"key":"audit.details","value":{"kvlistValue":{"values":[${details}]}}}`) +
      attribute('audit.outcome', facts.outcome) +
      attribute('audit.record.id', facts.recordId) +
      attribute('audit.request.id', facts.requestId) +
      `${schema},{"key":"audit.sequence.number","value":{"intValue":"`
    const source =
      attribute('audit.source.id', facts.sourceId) +
      attribute('audit.source.type', facts.sourceType)
    const tail =
      attribute('audit.target.id', facts.targetId) +
      attribute('audit.target.type', facts.targetType) +
      attribute('tenant_id', facts.tenantId) +
      attribute('user_agent.original', facts.userAgent) +
      eventName +
      (facts.traceFlags === 0 ? '' : `,"flags":${facts.traceFlags}`) +
      `,"format":"telltale/1","resource":${resource}` +
      (facts.spanId === undefined ? '' : `,"spanId":"${facts.spanId}"`) +
      `,"timeUnixNano":"${facts.occurredAtMillis}000000"` +
      (facts.traceId === undefined ? '}' : `,"traceId":"${facts.traceId}"}`)

    return ({ sequence, previousHash, streamId }) =>
      `${head}${sequence}"}},{"key":"audit.sequence.prev_hash","value":{"stringValue":"${previousHash}"}}${source},{"key":"audit.stream.id","value":{"stringValue":"${streamId}"}}${tail}`
  }
}

/** A text attribute behind another one; nothing when there is no text. */
function attribute(key: string, text: string | undefined): string {
  return text === undefined ? '' : `,{"key":"${key}","value":{"stringValue":${toJsonText(text)}}}`
}
