import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
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
  const text = async () => toText((await reader.collect()).resourceMetrics)
  return {
    meter: provider.getMeter('shop'),
    reported: reporter.lines,
    text,
    scrape: async () => {
      return (await text())
        .split('\n')
        .filter((line) => /^(?:orders|size|level|under_way)/.test(line))
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

describe('what is too long', () => {
  const huge = 'x'.repeat(10_000_000)

  test('of a label is cut when it is measured, is counted under what is left, and said once', async () => {
    const { meter, scrape, reported } = start()
    const orders = meter.createCounter('orders')
    for (const end of ['a', 'b']) orders.add(1, { shop: huge + end })
    orders.add(1, { shop: 'x'.repeat(1_024) })
    orders.add(1, { shop: 'short' })

    expect(await scrape()).toEqual([
      `orders_total{shop="${'x'.repeat(1_024)}"} 3`,
      'orders_total{shop="short"} 1',
    ])
    expect(reported).toEqual([expect.stringMatching(/^telltale: metric orders: a label is longer/)])
  })

  test.each([
    ['the name of a label', { [huge]: 'a' }, `${'x'.repeat(1_024)}="a"`],
    ['a list', { shops: ['a', 'b', huge, 'c'] }, String.raw`shops="[\"a\",\"b\"]"`],
    ['an object', { of: { shop: huge } }, 'of="[too large]"'],
    ['a list in a list', { of: [Array(100_000).fill(1)] }, 'of="[]"'],
  ])('as %s is cut off', async (_what, labels, left) => {
    const { meter, scrape } = start()
    meter.createHistogram('size').record(4, labels)

    expect(await scrape()).toContain(`size_sum{${left}} 4`)
  })

  test('is cut from what is observed, too', async () => {
    const { meter, scrape, reported } = start()
    meter.createObservableGauge('level').addCallback((result) => result.observe(5, { shop: huge }))

    expect(await scrape()).toEqual([`level{shop="${'x'.repeat(1_024)}"} 5`])
    expect(reported).toHaveLength(1)
  })

  test('of many labels are those beyond the sixty-fourth', async () => {
    const { meter, scrape } = start()
    const labels = Array.from({ length: 10_000 }, (_none, index) => [`l${index}`, 'x'])
    meter.createCounter('orders').add(1, Object.fromEntries(labels))

    const [line] = await scrape()
    expect(line!.match(/l\d+="x"/g)).toHaveLength(64)
  })

  test.each([
    ['description', { description: huge }],
    ['unit', { unit: huge }],
  ])('as %s of an instrument does not reach the text', async (_what, options) => {
    const { meter, text, reported } = start()
    meter.createCounter('orders', options).add(1)
    meter.createObservableGauge('level', options).addCallback((result) => result.observe(5))

    expect(await text()).toMatch(/^orders_total 1$/m)
    expect(await text()).toMatch(/^level 5$/m)
    expect((await text()).length).toBeLessThan(5_000)
    expect(reported).toHaveLength(2)
  })

  test('as a name makes an instrument that measures nothing', async () => {
    const { meter, text, reported } = start()
    meter.createCounter(huge).add(1)
    meter.createObservableGauge(huge).addCallback((result) => result.observe(5))

    expect((await text()).length).toBeLessThan(5_000)
    expect(reported).toEqual([expect.stringMatching(/a name may have 255 characters/)])
    expect(reported[0]!.length).toBeLessThan(3_000)
  })

  test('is not kept: many long labels cost little memory', () => {
    setFlagsFromString('--expose-gc')
    const collect = runInNewContext('gc') as () => void
    const { meter } = start()
    const orders = meter.createCounter('orders')
    collect()
    const before = process.memoryUsage().heapUsed
    for (let shop = 0; shop < 300; shop += 1)
      orders.add(1, { shop: `${shop}${huge.slice(0, 1e6)}` })
    collect()

    expect(process.memoryUsage().heapUsed - before).toBeLessThan(50_000_000)
  })
})
