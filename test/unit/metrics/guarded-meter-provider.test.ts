import { PrometheusExporter } from '@opentelemetry/exporter-prometheus'
import { MeterProvider } from '@opentelemetry/sdk-metrics'
import { describe, expect, test } from 'vitest'
import { createGuardedMeterProvider } from '../../../src/metrics/guarded-meter-provider.ts'
import { createPrometheusText } from '../../../src/metrics/prometheus-reader.ts'
import { createRecordingReporter } from '../support/recording-reporter.ts'

function start() {
  const reader = new PrometheusExporter({ preventServerStart: true })
  const reporter = createRecordingReporter()
  const provider = createGuardedMeterProvider(new MeterProvider({ readers: [reader] }), reporter)
  const toText = createPrometheusText({ scopeLabels: false }, reporter)
  return {
    meter: provider.getMeter('shop'),
    reported: reporter.lines,
    scrape: async () => {
      const text = await toText((await reader.collect()).resourceMetrics)
      return text.split('\n').filter((line) => /^(?:orders|size|level|under_way)/.test(line))
    },
  }
}

const revoked = Proxy.revocable({}, {})
revoked.revoke()
const cyclic: Record<string, unknown> = { shop: 'a' }
cyclic['self'] = cyclic

describe.each([
  [
    'a getter that throws',
    {
      shop: 'a',
      get broken() {
        throw new Error('not for you')
      },
    },
    '{shop="a"}',
  ],
  ['a big integer', { shop: 'a', id: 1n }, '{id="1",shop="a"}'],
  ['a big integer deep inside', { shop: 'a', of: { id: 1n } }, '{shop="a"}'],
  ['a cycle', cyclic, '{shop="a"}'],
  ['a revoked proxy', revoked.proxy, ''],
  ['null', null, ''],
  ['a text', 'shop', ''],
])('%s as attributes', (_what, given, labels) => {
  test('costs no more than itself, whatever the instrument', async () => {
    const { meter, scrape } = start()
    meter.createCounter('orders').add(2, given as never)
    meter.createUpDownCounter('under_way').add(-1, given as never)
    meter.createGauge('level').record(3, given as never)
    meter.createHistogram('size').record(4, given as never)

    expect(await scrape()).toEqual(
      expect.arrayContaining([
        `orders_total${labels} 2`,
        `under_way${labels} -1`,
        `level${labels} 3`,
        `size_sum${labels} 4`,
      ]),
    )
  })
})

test('it is said once, and what is harmless is the SDK’s own', async () => {
  const { meter, scrape, reported } = start()
  const orders = meter.createCounter('orders')
  for (let count = 0; count < 3; count += 1) orders.add(1, { id: 1n })
  orders.add(1, { shop: 'b' })
  meter.createObservableGauge('level').addCallback((result) => result.observe(5))

  expect(await scrape()).toEqual(
    expect.arrayContaining(['orders_total{id="1"} 3', 'orders_total{shop="b"} 1', 'level 5']),
  )
  expect(reported).toHaveLength(1)
})
