import { redactMember, redactValue, type Redaction } from '../core/redaction.ts'
import type { LogRecordProcessor } from '@opentelemetry/sdk-logs'
import { toSafeValue } from './safe-value.ts'

/** Takes secrets out of log records; it stands before whatever writes or sends them. */
export function createRedactingLogRecordProcessor(redaction: Redaction): LogRecordProcessor {
  return {
    onEmit(record) {
      const body = redactValue(toSafeValue(record.body), redaction)
      if (body !== record.body) record.setBody(body)
      const { eventName } = record
      if (eventName !== undefined) record.setEventName(redaction.text(eventName))
      for (const [key, value] of Object.entries(record.attributes)) {
        const clean = redactMember(key, toSafeValue(value), redaction)
        const name = redaction.text(key)
        if (name !== key) delete record.attributes[key]
        // Not by setAttribute(): it would drop the new name when a record has as many attributes as it may.
        if (clean !== value || name !== key) record.attributes[name] = clean
      }
    },
    forceFlush: async () => undefined,
    shutdown: async () => undefined,
  }
}
