import { ValueType, type Meter } from '@opentelemetry/api'
import { MeterProvider, MetricReader, type ResourceMetrics } from '@opentelemetry/sdk-metrics'
import { describe, expect, test } from 'vitest'
import { createMeters } from '../../../src/metrics/meters-reader.ts'
import { createPlainMeter } from '../support/plain-meter.ts'
import { createRecordingReporter } from '../support/recording-reporter.ts'

function createOurs() {
  const options = { cardinalityLimit: 2_000, declared: [], own: [] }
  const { provider, producer } = createMeters(options, createRecordingReporter())
  return { provider, collect: async () => (await producer.collect()).resourceMetrics }
}

class Reader extends MetricReader {
  protected override async onShutdown(): Promise<void> {
    await Promise.resolve()
  }
  protected override async onForceFlush(): Promise<void> {
    await Promise.resolve()
  }
}

/** One instrument of each kind. */
function measure(meter: Meter): void {
  const described = { description: 'What it is.', unit: 's' }
  meter.createCounter('counter', { ...described, valueType: ValueType.INT }).add(2, { shop: 'a' })
  meter.createUpDownCounter('up_down_counter').add(-2)
  meter.createGauge('gauge', described).record(-3)
  meter.createHistogram('histogram', { unit: 'By' }).record(7)
  meter.createObservableCounter('observable_counter').addCallback((result) => result.observe(4))
  meter
    .createObservableUpDownCounter('observable_up_down_counter')
    .addCallback((result) => result.observe(-5))
  meter.createObservableGauge('observable_gauge').addCallback((result) => result.observe(-6))
}

/** Without what differs by design: an advice, the smallest and the largest value. */
function toComparable({ scopeMetrics }: ResourceMetrics): unknown {
  return scopeMetrics.map(({ scope, metrics }) => ({
    scope,
    metrics: metrics.map(({ descriptor, dataPoints, ...rest }) => ({
      ...rest,
      descriptor: { ...descriptor, advice: undefined },
      dataPoints: dataPoints.map(({ attributes, value }) => ({
        attributes,
        value: typeof value === 'number' ? value : { ...value, min: undefined, max: undefined },
      })),
    })),
  }))
}

test('what a reader is given has the form of what the SDK collects', async () => {
  const [ours, reader] = [createOurs(), new Reader()]
  for (const provider of [ours.provider, new MeterProvider({ readers: [reader] })]) {
    measure(provider.getMeter('shop', '1.2', { schemaUrl: 'https://example.org/1' }))
    provider.getMeter('nothing').createCounter('unused')
  }
  const wanted = toComparable((await reader.collect()).resourceMetrics)

  expect(wanted).toMatchObject([{ scope: { name: 'shop', version: '1.2' } }])
  expect(toComparable(await ours.collect())).toEqual(wanted)
})

test('a point says since when and until when it was measured', async () => {
  const before = Date.now()
  const { provider, collect } = createOurs()
  provider.getMeter('shop').createCounter('orders').add(1)
  const { scopeMetrics } = await collect()
  const { startTime, endTime } = scopeMetrics[0]!.metrics[0]!.dataPoints[0]!

  for (const [seconds, nanos] of [startTime, endTime]) {
    expect(Number.isInteger(seconds)).toBe(true)
    expect(seconds * 1e3 + nanos / 1e6).toBeGreaterThanOrEqual(before)
    expect(seconds * 1e3 + nanos / 1e6).toBeLessThanOrEqual(Date.now())
  }
})

test('what was collected does not change while it is written', async () => {
  const { provider, collect } = createOurs()
  const size = provider
    .getMeter('shop')
    .createHistogram('size', { advice: { explicitBucketBoundaries: [10] } })
  size.record(5)
  const { scopeMetrics } = await collect()
  for (let count = 0; count < 3; count += 1) size.record(5)

  expect(scopeMetrics[0]!.metrics[0]!.dataPoints[0]!.value).toMatchObject({
    buckets: { counts: [1, 0] },
    count: 1,
  })
})

test('a collection without a deadline waits for a callback as long as it takes', async () => {
  const { provider, collect } = createOurs()
  const level = provider.getMeter('shop').createObservableGauge('level')
  level.addCallback(async (result) => {
    await new Promise((resolve) => void setTimeout(resolve, 60))
    result.observe(1)
  })

  expect((await collect()).scopeMetrics).toHaveLength(1)
})

describe('a meter', () => {
  test('is another one for each name, version and schema, however they are put together', () => {
    const { provider } = createOurs()
    const meters = [
      provider.getMeter('ab'),
      provider.getMeter('a', 'b'),
      provider.getMeter('a', '', { schemaUrl: 'b' }),
      provider.getMeter('', 'ab'),
    ]

    expect(new Set(meters).size).toBe(4)
  })

  test.each([5n, null, {}, Symbol('s'), ['a']])('called %s has no name', (given) => {
    const { provider } = createOurs()
    const unnamed = provider.getMeter('')

    expect(provider.getMeter(given as never, given as never, given as never)).toBe(unnamed)
    expect(provider.getMeter('', '', { schemaUrl: given as never })).toBe(unnamed)
  })
})

describe('labels of declared metrics that are not frozen', () => {
  const declared = { declared: ['shop'], cardinalityLimit: 3 }

  test('are one series by what they are, with no bound', async () => {
    const { meter, series, reported } = createPlainMeter(declared)
    const orders = meter.createCounter('orders')
    for (let times = 0; times < 2; times += 1) {
      for (let shop = 0; shop < 5; shop += 1) orders.add(1, { shop })
    }

    expect(await series()).toEqual([0, 1, 2, 3, 4].map((shop) => `orders_total{shop="${shop}"} 2`))
    expect(reported).toEqual([])
  })

  test('are what they were when it was measured', async () => {
    const { meter, series } = createPlainMeter(declared)
    const labels = { shop: 'a' }
    meter.createCounter('orders').add(1, labels)
    labels.shop = 'z'

    expect(await series()).toEqual(['orders_total{shop="a"} 1'])
  })
})

test.each([[[]], [['shop']]])(
  'of two values for one series the last one counts, declared %j or not',
  async (declared) => {
    const { meter, series } = createPlainMeter({ declared })
    const labels = Object.freeze({ shop: 'a' })
    meter.createObservableCounter('orders').addCallback((result) => {
      result.observe(3, labels)
      result.observe(2, labels)
    })

    for (let times = 0; times < 3; times += 1) {
      expect(await series()).toEqual(['orders_total{shop="a"} 2'])
    }
  },
)
