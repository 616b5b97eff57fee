import type { LogRecord } from '@opentelemetry/api'
import { redactMember, type Redaction } from '../../core/redaction.ts'
import { isBytes } from '../../core/value-kinds.ts'
import { toAuditValue } from '../audit-value.ts'
import type { DeclaredEvent } from '../define-audit-event.ts'
import type { PreparedRecord } from '../prepared-record.ts'

/** A record in the words of its copies; details are free of secrets and of what may have to be erased. */
export interface MirrorCopy {
  readonly event: string
  readonly timestamp: string
  readonly fields: Readonly<Record<string, string>>
  readonly details: Readonly<Record<string, unknown>>
}

/** Makes the copy of a record: what may be erased from the trail must not live on where nobody can erase it. */
export function toMirrorCopy(
  event: DeclaredEvent,
  { facts, details }: PreparedRecord,
  redaction: Redaction,
): MirrorCopy {
  const given = Object.entries(details ?? {}).filter(([key]) => !event.erasable?.includes(key))
  const shown = given.flatMap(([key, value]: [string, unknown]): [string, unknown][] =>
    value === undefined
      ? []
      : [[redaction.text(key), redactMember(key, toAuditValue(value), redaction)]],
  )
  const fields: Readonly<Record<string, string | undefined>> = {
    audit_action: event.action,
    outcome: facts.outcome,
    actor_id: facts.actorId,
    actor_type: facts.actorType,
    target_type: facts.targetType,
    target_id: facts.targetId,
    source_ip: facts.sourceId,
    tenant_id: facts.tenantId,
    request_id: facts.requestId,
    user_agent: facts.userAgent,
    trace_id: facts.traceId,
    // Not `audit.record.id`: with it the copy would be an audit record itself, and stored as one.
    audit_record_id: facts.recordId,
  }
  return {
    event: event.name,
    timestamp: new Date(facts.occurredAtMillis).toISOString(),
    fields: Object.fromEntries(
      Object.entries(fields).flatMap(([key, text]): [string, string][] =>
        text === undefined ? [] : [[key, redaction.text(text)]],
      ),
    ),
    details: Object.fromEntries(shown),
  }
}

/** The copy as a log record of the component `audit`: `[AUDIT] <event>`, with the attribute `audit: true`. */
export function toMirrorLog({ event, timestamp, fields, details }: MirrorCopy): LogRecord {
  // The trace is the log record's own.
  const { trace_id: _trace, ...rest } = fields
  return {
    body: `[AUDIT] ${event}`,
    severityNumber: 9,
    severityText: 'INFO',
    timestamp: new Date(timestamp),
    attributes: {
      component: 'audit',
      audit: true,
      event,
      timestamp,
      ...rest,
      ...(Object.keys(details).length > 0 && { details }),
    },
  }
}

/**
 * The copy as a line of JSON without spaces, made to be searched with grep: the event is `action`, details stand at the top
 * level, and cannot displace what is known of the record.
 */
export function toMirrorLine({ event, timestamp, fields, details }: MirrorCopy): string {
  const ours = { action: event, timestamp, ...fields }
  return `${JSON.stringify({ ...ours, ...details, ...ours }, toJsonValue)}\n`
}

/** What JSON cannot say: bytes, in base64. */
function toJsonValue(this: unknown, key: string, value: unknown): unknown {
  // Not `value`: a Buffer has already been turned into a list of numbers by its own toJSON().
  const original = (this as Record<string, unknown>)[key]
  return isBytes(original) ? Buffer.from(original).toString('base64') : value
}
