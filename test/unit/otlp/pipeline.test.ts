import { LoggerProvider, type ReadableLogRecord } from '@opentelemetry/sdk-logs'
import { TracerProvider, type ReadableSpan } from '@opentelemetry/sdk-trace'
import { describe, expect, test } from 'vitest'
import { createPipeline, type Pipeline } from '../../../src/otlp/pipeline.ts'
import type { OtlpSignal } from '../../../src/otlp/target.ts'
import { createMeterProbe } from '../support/metric-values.ts'
import { createRecordingReporter } from '../support/recording-reporter.ts'

const IDLE = { forceFlush: async () => undefined, shutdown: async () => undefined }

type Item = ReadableSpan & ReadableLogRecord

/** What is large for nobody, and what OTLP cannot be made of: there is no id. */
const BROKEN = { name: 'x', status: {}, attributes: {}, events: [], links: [] } as unknown as Item

const whole: Partial<Record<OtlpSignal, Item>> = {}
new TracerProvider({
  spanProcessors: [
    { ...IDLE, onStart: () => undefined, onEnd: (span) => void (whole.traces = span as Item) },
  ],
})
  .getTracer('test')
  .startSpan('x')
  .end()
new LoggerProvider({
  processors: [
    { ...IDLE, onEmit: (record) => void (whole.logs = record as ReadableLogRecord as Item) },
  ],
})
  .getLogger('test')
  .emit({ body: 'x' })

/** A pipeline of the process's end to a Collector that is not there: nothing is tried twice. */
function start(signal: OtlpSignal, maxQueueSize = 10) {
  const probe = createMeterProbe()
  const reporter = createRecordingReporter()
  const pipeline: Pipeline<Item> = createPipeline(
    signal,
    {
      url: 'http://127.0.0.1:1/v1/x',
      headers: {},
      protocol: 'http/json',
      timeoutMillis: 5_000,
      compression: 'none',
      tls: {},
    },
    {
      scheduledDelayMillis: 600_000,
      maxQueueSize,
      maxExportBatchSize: 10,
      exportTimeoutMillis: 5_000,
    },
    {
      meter: probe.meter,
      reporter,
      ending: AbortSignal.abort(),
      resourceReady: () => undefined,
    },
  )
  const word = signal === 'traces' ? 'span' : 'log'
  const read = async (metric: string, errorType: string): Promise<number | undefined> =>
    (await probe.read())[`otel.sdk.${metric.replace('*', word)}{"error.type":"${errorType}"}`]
  return { pipeline, reporter, read }
}

describe.each(['traces', 'logs'] as const)('of %s that are lost', (signal) => {
  const item = whole[signal]!

  test('those that wait when everything is shut down are counted', async () => {
    const { pipeline, read } = start(signal)
    for (let count = 0; count < 3; count += 1) pipeline.add(item)

    pipeline.close()
    pipeline.close()

    expect(await read('exporter.*.exported', 'shutdown')).toBe(3)
  })

  test('those that cannot be made into a last request are counted, and said once', async () => {
    const { pipeline, read, reporter } = start(signal)
    pipeline.add(item)
    pipeline.add(BROKEN)

    expect(pipeline.takeLastRequests()).toEqual([])
    expect(pipeline.size()).toBe(0)
    expect(await read('exporter.*.exported', 'process_exit')).toBe(2)
    expect(reporter.lines).toHaveLength(1)
    expect(reporter.lines[0]).toContain(`the last ${signal} cannot be sent`)
  })

  test('those that come after a Collector was away are not sent at the end, and are counted', async () => {
    const { pipeline, read, reporter } = start(signal)
    pipeline.add(item)
    await pipeline.flush(10_000)
    expect(await read('exporter.*.exported', 'ECONNREFUSED')).toBe(1)
    expect(reporter.lines[0]).toContain(`${signal} cannot be exported`)

    pipeline.add(item)
    pipeline.add(item)

    expect(pipeline.takeLastRequests()).toEqual([])
    expect(await read('exporter.*.exported', 'process_exit')).toBe(2)
  })

  test('those that the queue has no room for are counted', async () => {
    const { pipeline, read } = start(signal, 2)
    for (let count = 0; count < 5; count += 1) pipeline.add(item)

    expect(await read('processor.*.processed', 'queue_full')).toBe(3)
    pipeline.close()
    pipeline.add(item)
    expect(await read('processor.*.processed', 'queue_full')).toBe(4)
  })
})
