import type { Meter } from '@opentelemetry/api'
import type { OwnMetrics } from '../core/own-metric.ts'

/** What is counted of a signal on its way out. */
export interface PipelineMetrics {
  /** No room in the queue: the item is lost. */
  dropped(): void
  /** A batch has left; with an error type, it is lost. */
  exported(count: number, errorType?: string): void
}

/** The metrics of one signal, under the names of the semantic conventions. */
export function pipelineMetrics(signal: 'span' | 'log') {
  const what = signal === 'span' ? 'Spans' : 'Log records'
  const unit = signal === 'span' ? '{span}' : '{log_record}'
  const variable = signal === 'span' ? 'OTEL_BSP_MAX_QUEUE_SIZE' : 'OTEL_BLRP_MAX_QUEUE_SIZE'
  return {
    processed: {
      kind: 'counter',
      name: `otel.sdk.processor.${signal}.processed`,
      unit,
      description: `${what} that the batch processor is done with; with error_type queue_full they were dropped.`,
      labels: { error_type: '`queue_full`, or none' },
    },
    exported: {
      kind: 'counter',
      name: `otel.sdk.exporter.${signal}.exported`,
      unit,
      description: `${what} for which the export has ended; with an error_type they were lost.`,
      labels: {
        error_type:
          'an HTTP status, an error code such as `ECONNREFUSED`, `process_exit`, `shutdown`, `_OTHER`, or none',
      },
    },
    capacity: {
      kind: 'gauge',
      name: `otel.sdk.processor.${signal}.queue.capacity`,
      unit,
      description: `${what} the queue can hold: ${variable}.`,
    },
    size: {
      kind: 'gauge',
      name: `otel.sdk.processor.${signal}.queue.size`,
      unit,
      description: `${what} in the queue, those on their way included.`,
    },
  } as const satisfies OwnMetrics
}

/**
 * The SDK's own metrics of one signal.
 *
 * @param queueSize - asked at each scrape
 * @see https://opentelemetry.io/docs/specs/semconv/otel/sdk-metrics/
 */
export function createPipelineMetrics(
  meter: Meter,
  signal: 'span' | 'log',
  capacity: number,
  queueSize: () => number,
): PipelineMetrics {
  const table = pipelineMetrics(signal)
  const processed = meter.createCounter(table.processed.name, table.processed)
  const exported = meter.createCounter(table.exported.name, table.exported)
  meter.createUpDownCounter(table.capacity.name, table.capacity).add(capacity)
  meter
    .createObservableUpDownCounter(table.size.name, table.size)
    .addCallback((result) => result.observe(queueSize()))
  // From the start at 0, so that increase() sees the first loss.
  processed.add(0, { 'error.type': 'queue_full' })
  exported.add(0)
  return {
    dropped: () => processed.add(1, { 'error.type': 'queue_full' }),
    exported(count, errorType) {
      processed.add(count)
      // Without labels as above: an empty object would be another series.
      if (errorType === undefined) exported.add(count)
      else exported.add(count, { 'error.type': errorType })
    },
  }
}
