import type { Meter, UpDownCounter } from '@opentelemetry/api'

/** What is counted of a signal on its way out. */
export interface PipelineMetrics {
  /** No room in the queue: the item is lost. */
  dropped(): void
  /** A batch has left; with an error type, it is lost. */
  exported(count: number, errorType?: string): void
}

/**
 * The SDK's own metrics of one signal, under the names of the semantic conventions.
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
  const what = signal === 'span' ? 'Spans' : 'Log records'
  const unit = signal === 'span' ? '{span}' : '{log_record}'
  const processed = meter.createCounter(`otel.sdk.processor.${signal}.processed`, {
    unit,
    description: `${what} that the batch processor is done with; with error_type queue_full they were dropped.`,
  })
  const exported = meter.createCounter(`otel.sdk.exporter.${signal}.exported`, {
    unit,
    description: `${what} for which the export has ended; with an error_type they were lost.`,
  })
  const room: UpDownCounter = meter.createUpDownCounter(
    `otel.sdk.processor.${signal}.queue.capacity`,
    { unit, description: `${what} the queue can hold.` },
  )
  room.add(capacity)
  meter
    .createObservableUpDownCounter(`otel.sdk.processor.${signal}.queue.size`, {
      unit,
      description: `${what} in the queue, those on their way included.`,
    })
    .addCallback((result) => result.observe(queueSize()))
  // From the start at 0, so that increase() sees the first loss.
  processed.add(0, { 'error.type': 'queue_full' })
  exported.add(0)
  return {
    dropped: () => processed.add(1, { 'error.type': 'queue_full' }),
    exported(count, errorType) {
      processed.add(count)
      exported.add(count, errorType === undefined ? {} : { 'error.type': errorType })
    },
  }
}
