import type { LogRecordProcessor, ReadableLogRecord } from '@opentelemetry/sdk-logs'
import { withDeadline } from '../core/deadline.ts'
import type { Pipeline } from '../otlp/pipeline.ts'
import { toSafeValue } from './safe-value.ts'

/** Hands every log record to the pipeline; bounds, counters and flushing are the pipeline's. */
export function createBatchLogRecordProcessor(
  pipeline: Pipeline<ReadableLogRecord>,
  flushTimeoutMillis: number,
): LogRecordProcessor {
  const flush = async (): Promise<void> => {
    await withDeadline(pipeline.flush(flushTimeoutMillis), flushTimeoutMillis)
  }
  return {
    onEmit(record) {
      if (typeof record.body === 'object') record.setBody(toSafeValue(record.body))
      for (const [key, value] of Object.entries(record.attributes)) {
        const safe = toSafeValue(value)
        if (safe !== value) record.setAttribute(key, safe)
      }
      pipeline.add(record)
    },
    forceFlush: flush,
    async shutdown() {
      await flush()
      pipeline.close()
    },
  }
}
