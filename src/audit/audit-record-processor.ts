import type { LogRecordProcessor, ReadableLogRecord } from '@opentelemetry/sdk-logs'
import type { Redaction } from '../core/redaction.ts'
import type { AuditTrail } from './audit-trail.ts'
import { evidenceOfLogRecord } from './evidence.ts'

/** Writes every log record that it is given into the trail; nothing is dropped, sampled or batched. */
export function createAuditRecordProcessor(
  trail: AuditTrail,
  redaction: Redaction,
): LogRecordProcessor {
  return {
    onEmit: (record: ReadableLogRecord) =>
      trail.write((place) => evidenceOfLogRecord(record, place, redaction)),
    forceFlush: () => Promise.resolve(),
    shutdown: () => Promise.resolve(),
  }
}
