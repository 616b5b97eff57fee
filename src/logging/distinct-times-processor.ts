import type { LogRecordProcessor } from '@opentelemetry/sdk-logs'

/** Nanoseconds of a millisecond that are free: the clock of the SDK has milliseconds. */
const MAX_ADDED = 999_999

/**
 * Puts records that follow each other in the same millisecond a nanosecond apart, in the order in which they were made.
 *
 * Of records with one time, text and fields Loki keeps one, and those of one time it may show in any order.
 */
export function createDistinctTimesProcessor(): LogRecordProcessor {
  let lastSeconds = 0
  let lastNanos = 0
  let added = 0
  return {
    onEmit(record) {
      const [seconds, nanos] = record.hrTime
      if (seconds !== lastSeconds || nanos !== lastNanos) {
        lastSeconds = seconds
        lastNanos = nanos
        added = 0
        return
      }
      added = Math.min(added + 1, MAX_ADDED)
      record.hrTime = [seconds, nanos + added]
    },
    forceFlush: async () => undefined,
    shutdown: async () => undefined,
  }
}
