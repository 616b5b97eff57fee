import { expect, test } from 'vitest'
import { createPipelineMetrics } from '../../../src/otlp/metrics.ts'
import { createMeterProbe } from '../support/metric-values.ts'

test.each(['span', 'log'] as const)(
  'losses of the signal %s are there at 0 before the first one',
  async (signal) => {
    const probe = createMeterProbe()

    createPipelineMetrics(probe.meter, signal, 2_048, () => 7)

    expect(await probe.read()).toEqual({
      [`otel.sdk.processor.${signal}.processed{"error.type":"queue_full"}`]: 0,
      [`otel.sdk.exporter.${signal}.exported`]: 0,
      [`otel.sdk.processor.${signal}.queue.capacity`]: 2_048,
      [`otel.sdk.processor.${signal}.queue.size`]: 7,
    })
  },
)

test('what is dropped, what has left and what is lost are told apart', async () => {
  const probe = createMeterProbe()
  const metrics = createPipelineMetrics(probe.meter, 'span', 2_048, () => 0)

  metrics.dropped()
  metrics.exported(5)
  metrics.exported(3, 'ECONNREFUSED')

  expect(await probe.read()).toMatchObject({
    'otel.sdk.processor.span.processed{"error.type":"queue_full"}': 1,
    'otel.sdk.processor.span.processed': 8,
    'otel.sdk.exporter.span.exported': 5,
    'otel.sdk.exporter.span.exported{"error.type":"ECONNREFUSED"}': 3,
  })
})

test('the size of the queue is asked for at each scrape', async () => {
  const probe = createMeterProbe()
  let size = 1
  createPipelineMetrics(probe.meter, 'log', 10, () => size)
  await probe.read()

  size = 5

  expect(await probe.read()).toMatchObject({ 'otel.sdk.processor.log.queue.size': 5 })
})
