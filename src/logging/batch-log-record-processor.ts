import type { LogRecordProcessor, ReadableLogRecord } from '@opentelemetry/sdk-logs'
import { withDeadline } from '../core/deadline.ts'
import type { Pipeline } from '../otlp/pipeline.ts'

/**
 * Hands every log record to the pipeline; bounds, counters and flushing are the pipeline's. What it is given can be serialized: the
 * redacting processor stands before it.
 */
export function createBatchLogRecordProcessor(
  pipeline: Pipeline<ReadableLogRecord>,
  flushTimeoutMillis: number,
): LogRecordProcessor {
  const flush = async (): Promise<void> => {
    await withDeadline(pipeline.flush(flushTimeoutMillis), flushTimeoutMillis)
  }
  return {
    onEmit(record) {
      pipeline.add(record)
    },
    forceFlush: flush,
    async shutdown() {
      await flush()
      pipeline.close()
    },
  }
}
