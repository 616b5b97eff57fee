import { redactMember, redactValue, type Redaction } from '../core/redaction.ts'
import type { LogRecordProcessor } from '@opentelemetry/sdk-logs'
import { cutText } from '../core/cut-text.ts'
import { sizeWithin } from '../core/value-size.ts'
import { LOG_RECORD_LIMITS, type LogLengths } from './log-record-limits.ts'
import { toSafeValue } from './safe-value.ts'

const CUT = '[cut]'

/** Takes secrets out of log records, and what is too much; it stands before whatever writes or sends them. */
export function createRedactingLogRecordProcessor(
  redaction: Redaction,
  lengths: LogLengths,
): LogRecordProcessor {
  // One for all records: it is read at each attribute.
  let logger = ''
  let what = ''
  const onCut = (): void => lengths.tellCut(what, logger)
  const ofField = { length: lengths.value, onCut }
  const ofBody = { onCut }
  const toName = (name: string, of: string): string => {
    // JavaScript lets a name be anything, and the SDK takes it.
    if (typeof name !== 'string') return name
    what = of
    if (name.length > LOG_RECORD_LIMITS.name) onCut()
    return redaction.text(cutText(name, LOG_RECORD_LIMITS.name))
  }
  return {
    onEmit(record) {
      logger = record.instrumentationScope.name
      what = 'the message'
      const body = redactValue(toSafeValue(record.body, ofBody), redaction)
      if (body !== record.body) record.setBody(body)
      const { eventName, severityText } = record
      if (eventName !== undefined) record.setEventName(toName(eventName, 'the event name'))
      if (severityText && severityText.length > LOG_RECORD_LIMITS.name) {
        record.setSeverityText(toName(severityText, 'the severity text'))
      }
      let left: number = LOG_RECORD_LIMITS.attributes
      for (const [key, value] of Object.entries(record.attributes)) {
        const name = toName(key, 'the name of a field')
        what = `the field "${key}"`
        const room = Math.max(left, LOG_RECORD_LIMITS.short)
        ofField.length = Math.min(lengths.value, room)
        const safe = toSafeValue(value, ofField)
        // A text has been cut to what there is room for.
        const size = typeof safe === 'string' ? safe.length : sizeWithin(safe, room)
        if (size === undefined) onCut()
        const clean = size === undefined ? CUT : redactMember(key, safe, redaction)
        left -= (size ?? 0) + key.length
        if (name !== key) delete record.attributes[key]
        // Not by setAttribute(): it would drop the new name when a record has as many attributes as it may.
        if (clean !== value || name !== key) record.attributes[name] = clean
      }
    },
    forceFlush: async () => undefined,
    shutdown: async () => undefined,
  }
}
