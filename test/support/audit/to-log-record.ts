import type { AnyValue, LogRecord } from '@opentelemetry/api'
import { toAuditValue } from '../../../src/audit/audit-value.ts'
import type { DeclaredEvent } from '../../../src/audit/define-audit-event.ts'
import type { PreparedRecord } from '../../../src/audit/prepared-record.ts'

/** The OpenTelemetry log record for one audit event, in the attributes of the audit draft. */
export function toLogRecord(event: DeclaredEvent, { facts, details }: PreparedRecord): LogRecord {
  const attributes: Record<string, AnyValue> = {
    'audit.record.id': facts.recordId,
    'audit.actor.id': facts.actorId,
    'audit.actor.type': facts.actorType,
    'audit.action': event.action,
    'audit.outcome': facts.outcome,
    'audit.target.type': facts.targetType,
    'audit.target.id': facts.targetId,
    'audit.source.id': facts.sourceId,
    'audit.source.type': facts.sourceType,
    'audit.request.id': facts.requestId,
    'audit.schema.version': event.schemaVersion,
    tenant_id: facts.tenantId,
    'user_agent.original': facts.userAgent,
    'audit.details': details && toAuditValue(details),
  }
  for (const [key, value] of Object.entries(attributes)) {
    if (value === undefined) delete attributes[key]
  }
  const occurredAt = new Date(facts.occurredAtMillis)
  return { eventName: event.name, timestamp: occurredAt, observedTimestamp: occurredAt, attributes }
}
