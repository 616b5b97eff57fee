import { redactMember, redactValue, type Redaction } from '../core/redaction.ts'
import type { LogRecordProcessor } from '@opentelemetry/sdk-logs'
import { cutText } from '../core/cut-text.ts'
import { sizeWithin } from '../core/value-size.ts'
import { toSafeValue } from './safe-value.ts'

/** What the attributes of one record may have in all, in characters; each has its own bound besides. */
const MAX_RECORD_CHARACTERS = 524_288

/** An attribute that stays, however much the others have. */
const SHORT = 256

const MAX_NAME_CHARACTERS = 1_024

const CUT = '[cut]'

/** Takes secrets out of log records, and what is too much; it stands before whatever writes or sends them. */
export function createRedactingLogRecordProcessor(redaction: Redaction): LogRecordProcessor {
  return {
    onEmit(record) {
      const body = redactValue(toSafeValue(record.body), redaction)
      if (body !== record.body) record.setBody(body)
      const { eventName } = record
      if (eventName !== undefined) record.setEventName(redaction.text(eventName))
      let left = MAX_RECORD_CHARACTERS
      for (const [key, value] of Object.entries(record.attributes)) {
        const safe = toSafeValue(value)
        const size = sizeWithin(safe, Math.max(left, SHORT))
        const clean = size === undefined ? CUT : redactMember(key, safe, redaction)
        left -= (size ?? 0) + key.length
        const name = redaction.text(cutText(key, MAX_NAME_CHARACTERS))
        if (name !== key) delete record.attributes[key]
        // Not by setAttribute(): it would drop the new name when a record has as many attributes as it may.
        if (clean !== value || name !== key) record.attributes[name] = clean
      }
    },
    forceFlush: async () => undefined,
    shutdown: async () => undefined,
  }
}
