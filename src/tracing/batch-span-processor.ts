import { TraceFlags } from '@opentelemetry/api'
import type { ReadableSpan, SpanProcessor } from '@opentelemetry/sdk-trace'
import { withDeadline } from '../core/deadline.ts'
import type { Pipeline } from '../otlp/pipeline.ts'

/** Hands every sampled span that has ended to the pipeline; bounds, counters and flushing are the pipeline's. */
export function createBatchSpanProcessor(
  pipeline: Pipeline<ReadableSpan>,
  flushTimeoutMillis: number,
): SpanProcessor {
  const flush = async (): Promise<void> => {
    await withDeadline(pipeline.flush(flushTimeoutMillis), flushTimeoutMillis)
  }
  return {
    onStart: () => undefined,
    onEnd(span) {
      if (span.spanContext().traceFlags & TraceFlags.SAMPLED) pipeline.add(span)
    },
    forceFlush: flush,
    async shutdown() {
      await flush()
      pipeline.close()
    },
  }
}
