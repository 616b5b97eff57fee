import type { Meter } from '@opentelemetry/api'
import { PrometheusExporter } from '@opentelemetry/exporter-prometheus'
import { resourceFromAttributes } from '@opentelemetry/resources'
import {
  AggregationType,
  MeterProvider,
  type ResourceMetrics,
  type ViewOptions,
} from '@opentelemetry/sdk-metrics'
import { describe, expect, test } from 'vitest'
import { createPrometheusText } from '../../../src/metrics/prometheus-reader.ts'
import { createRecordingReporter } from '../support/recording-reporter.ts'

interface Options {
  readonly scopeLabels?: boolean
  readonly views?: ViewOptions[]
  readonly resource?: Record<string, string>
}

/** Scrapes, as often as asked, what real instruments have recorded. */
async function scrape(
  record: (meter: Meter, provider: MeterProvider) => void,
  { scopeLabels = false, views = [], resource = {} }: Options = {},
  times = 1,
) {
  const reader = new PrometheusExporter({ preventServerStart: true })
  const provider = new MeterProvider({
    readers: [reader],
    views,
    resource: resourceFromAttributes(resource),
  })
  record(provider.getMeter('shop', '1.2.3'), provider)
  const reporter = createRecordingReporter()
  const toText = createPrometheusText({ scopeLabels }, reporter)
  let text = ''
  for (let count = 0; count < times; count += 1) {
    const { resourceMetrics, errors } = await reader.collect()
    expect(errors).toEqual([])
    text = (await toText(resourceMetrics)).join('')
  }
  expectValid(text)
  return { text, samples: samplesOf(text), reported: reporter.lines }
}

/** What a reader gives for one counter: each series with its place as its value. */
function toCollected(name: string, attributes: readonly object[]): ResourceMetrics {
  const dataPoints = attributes.map((each, index) => ({ attributes: each, value: index + 1 }))
  const metric = { descriptor: { name, description: '', unit: '' }, dataPoints }
  const metrics = [{ ...metric, dataPointType: 3, isMonotonic: true, aggregationTemporality: 1 }]
  const resource = resourceFromAttributes({})
  return { resource, scopeMetrics: [{ scope: { name: 's' }, metrics }] } as never
}

const SAMPLE =
  /^[a-zA-Z_:][a-zA-Z0-9_:]*(?:\{(?:[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\["\\n])*",?)*\})? (?:[+-]?Inf|NaN|[-+0-9.e]+)$/

/** The rules of the text format that one bad name would break: syntax, one label once, one series once, one type. */
function expectValid(text: string): void {
  const seen = new Set<string>()
  const typed = new Set<string>()
  expect(text.endsWith('\n')).toBe(true)
  for (const line of text.slice(0, -1).split('\n')) {
    if (line.startsWith('# TYPE ')) {
      const family = line.split(' ')[2]!
      expect(typed, `${family} has one type`).not.toContain(family)
      typed.add(family)
    }
    if (line === '' || line.startsWith('#')) continue
    expect(line).toMatch(SAMPLE)
    const labels = [...line.matchAll(/([a-zA-Z_][a-zA-Z0-9_]*)="/g)].map(([, name]) => name)
    expect(new Set(labels).size, `a label twice in ${line}`).toBe(labels.length)
    const series = line.slice(0, line.lastIndexOf(' '))
    expect(seen, 'a series twice').not.toContain(series)
    seen.add(series)
  }
}

/** The samples, without what the resource adds. */
function samplesOf(text: string): string[] {
  return text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#') && !line.startsWith('target_info'))
}

test('instruments of every kind are exposed under their Prometheus names', async () => {
  const { text, samples, reported } = await scrape((meter) => {
    meter
      .createCounter('orders', { description: 'Orders taken.' })
      .add(3, { 'payment.method': 'card' })
    meter.createUpDownCounter('carts').add(2)
    meter.createGauge('oven.temperature', { unit: 'Cel' }).record(180.5)
    meter
      .createHistogram('bake.duration', { unit: 's', advice: { explicitBucketBoundaries: [1, 5] } })
      .record(2)
  })

  expect(samples).toEqual([
    'orders_total{payment_method="card"} 3',
    'carts 2',
    'oven_temperature_celsius 180.5',
    'bake_duration_seconds_count 1',
    'bake_duration_seconds_sum 2',
    'bake_duration_seconds_bucket{le="1"} 0',
    'bake_duration_seconds_bucket{le="5"} 1',
    'bake_duration_seconds_bucket{le="+Inf"} 1',
  ])
  expect(text).toContain('# HELP orders_total Orders taken.\n# TYPE orders_total counter\n')
  expect(text).toContain('# TYPE carts gauge\n')
  expect(text).toContain('# TYPE bake_duration_seconds histogram\n')
  expect(reported).toEqual([])
})

test('without a single instrument the text is still valid', async () => {
  const { samples } = await scrape(() => undefined)

  expect(samples).toEqual([])
})

test.each([
  [false, 'orders_total 1'],
  [true, 'orders_total{otel_scope_name="shop",otel_scope_version="1.2.3"} 1'],
])('with scope labels %s a series is %s', async (scopeLabels, expected) => {
  const { samples } = await scrape((meter) => meter.createCounter('orders').add(1), { scopeLabels })

  expect(samples).toEqual([expected])
})

describe('attributes that would break the text', () => {
  test.each([
    ['le on a counter', { le: 'x' }, 'orders_total{exported_le="x"} 1'],
    ['__name__', { __name__: 'x' }, 'orders_total{exported_name_="x"} 1'],
    ['a line break in the name', { 'a\nb': 'x' }, 'orders_total{a_b="x"} 1'],
    ['a name that begins with a digit', { '5xx': 'x' }, 'orders_total{key_5xx="x"} 1'],
  ])('%s is renamed, and reported once', async (_title, attributes, expected) => {
    const record = (meter: Meter): void => {
      meter.createCounter('orders').add(1, attributes)
    }
    const { samples, reported } = await scrape(record, {}, 3)

    expect(samples).toEqual([expected])
    expect(reported).toHaveLength(1)
    expect(reported[0]).toMatch(/^telltale: metric orders_total: the attribute .* is exposed as /)
  })

  test.each([
    ['a line break', 'a\nb', 'a\\nb'],
    ['quotes', 'a "b"', 'a \\"b\\"'],
    ['backslashes', 'a\\b\\', 'a\\\\b\\\\'],
    ['braces and commas', 'a},b="c', 'a},b=\\"c'],
  ])('%s in a value is escaped', async (_title, value, expected) => {
    const { samples, reported } = await scrape((meter) =>
      meter.createCounter('orders').add(1, { note: value }),
    )

    expect(samples).toEqual([`orders_total{note="${expected}"} 1`])
    expect(reported).toEqual([])
  })

  test('le on a histogram does not displace the boundaries', async () => {
    const { samples } = await scrape((meter) =>
      meter
        .createHistogram('size', { advice: { explicitBucketBoundaries: [1] } })
        .record(2, { le: 'mine' }),
    )

    expect(samples).toContain('size_bucket{exported_le="mine",le="1"} 0')
    expect(samples).toContain('size_bucket{exported_le="mine",le="+Inf"} 1')
  })

  test('keys that fall together become one label', async () => {
    const { samples, reported } = await scrape((meter) =>
      meter.createCounter('orders').add(1, { 'a.b': 'x', a_b: 'y' }),
    )

    expect(samples).toEqual(['orders_total{a_b="x;y"} 1'])
    expect(reported).toHaveLength(1)
  })

  test('a value that is no attribute value does not cost the scrape', async () => {
    const { samples } = await scrape((meter) => {
      meter.createCounter('orders').add(1, { handler: Math.max as unknown as string })
      meter.createCounter('carts').add(1)
    })

    expect(samples).toEqual(['orders_total{handler="function"} 1', 'carts_total 1'])
  })

  test.each([
    ['attributes of the resource that fall together', { 'a.b': 'x', 'a-b': 'y' }, 'a_b="y;x"'],
    ['one that begins with a digit', { '1st': 'x' }, 'key_1st="x"'],
  ])('%s do not break target_info', async (_title, resource, expected) => {
    const { text } = await scrape((meter) => meter.createCounter('orders').add(1), { resource })

    expect(text).toContain(`target_info{${expected}} 1\n`)
  })

  test('a line break in a description is escaped', async () => {
    const { text } = await scrape((meter) =>
      meter.createCounter('orders', { description: 'a\nb\\c' }).add(1),
    )

    expect(text).toContain('# HELP orders_total a\\nb\\\\c\n')
  })
})

describe('names that clash', () => {
  test('a second kind under the same name is left out, and reported once', async () => {
    const { samples, reported } = await scrape(
      (meter) => {
        meter.createGauge('queue.size').record(1)
        meter.createHistogram('queue_size').record(1)
      },
      {},
      2,
    )

    expect(samples).toEqual(['queue_size 1'])
    expect(reported).toEqual([
      'telltale: the metric "queue_size" (histogram) is not exposed: another metric already uses the name queue_size\n',
    ])
  })

  test('a gauge that is named like a counter is left out', async () => {
    const { samples, reported } = await scrape((meter) => {
      meter.createCounter('orders').add(1)
      meter.createGauge('orders_total').record(5)
    })

    expect(samples).toEqual(['orders_total 1'])
    expect(reported).toHaveLength(1)
  })

  test.each(['size_bucket', 'size_sum', 'size_count'])(
    'the gauge %s cannot be beside the histogram size, whichever comes first',
    async (name) => {
      const histogramFirst = await scrape((meter) => {
        meter.createHistogram('size', { advice: { explicitBucketBoundaries: [] } }).record(1)
        meter.createGauge(name).record(5)
      })
      const gaugeFirst = await scrape((meter) => {
        meter.createGauge(name).record(5)
        meter.createHistogram('size', { advice: { explicitBucketBoundaries: [] } }).record(1)
      })

      expect(histogramFirst.samples).toEqual([
        'size_count 1',
        'size_sum 1',
        'size_bucket{le="+Inf"} 1',
      ])
      expect(gaugeFirst.samples).toEqual([`${name} 5`])
      expect([...histogramFirst.reported, ...gaugeFirst.reported]).toHaveLength(2)
    },
  )

  test('a counter beside a histogram clashes with none of its parts', async () => {
    const { samples, reported } = await scrape((meter) => {
      meter.createHistogram('size', { advice: { explicitBucketBoundaries: [] } }).record(1)
      meter.createCounter('size.count').add(5)
    })

    expect(samples).toContain('size_count_total 5')
    expect(reported).toEqual([])
  })

  test('of two descriptions the first is shown', async () => {
    const { text } = await scrape((_meter, provider) => {
      provider.getMeter('a').createCounter('orders', { description: 'first' }).add(1, { by: 'a' })
      provider.getMeter('b').createCounter('orders', { description: 'second' }).add(1, { by: 'b' })
    })

    expect(text).toContain('# HELP orders_total first\n')
    expect(text).not.toContain('second')
  })
})

describe('the same series twice', () => {
  test('counters of two scopes are added up, and it is reported once', async () => {
    const { samples, reported } = await scrape(
      (_meter, provider) => {
        provider.getMeter('a').createCounter('orders').add(1, { shop: 'x' })
        provider.getMeter('b').createCounter('orders').add(2, { shop: 'x' })
        provider.getMeter('b').createCounter('orders').add(4, { shop: 'y' })
      },
      {},
      2,
    )

    expect(samples).toEqual(['orders_total{shop="x"} 3', 'orders_total{shop="y"} 4'])
    expect(reported).toEqual([
      'telltale: metric orders_total: two instruments have the same series; they are added up\n',
    ])
  })

  test('it may appear, and vanish, from one scrape to the next', async () => {
    const reporter = createRecordingReporter()
    const toText = createPrometheusText({ scopeLabels: false }, reporter)
    const [x, y, again] = [{ shop: 'x' }, { shop: 'y' }, { shop: 'x' }]
    const scrapes = []
    for (const shops of [[x, y], [x, y, again], [x, y], [y], [y, again], [again, x]]) {
      const text = await toText(toCollected('orders', shops))
      scrapes.push(samplesOf(text.join('')).map((sample) => sample.replace('orders_total', '')))
    }

    expect(scrapes).toEqual([
      ['{shop="x"} 1', '{shop="y"} 2'],
      ['{shop="x"} 4', '{shop="y"} 2'],
      ['{shop="x"} 1', '{shop="y"} 2'],
      ['{shop="y"} 1'],
      ['{shop="y"} 1', '{shop="x"} 2'],
      ['{shop="x"} 3'],
    ])
    expect(reporter.lines).toHaveLength(1)
  })

  test('two metrics may share the object of their attributes', async () => {
    const attributes = Object.freeze({ shop: 'x' })
    const { samples } = await scrape(
      (meter) => {
        meter.createCounter('orders').add(1, attributes)
        meter.createCounter('returns').add(2, attributes)
      },
      {},
      2,
    )

    expect(samples).toEqual(['orders_total{shop="x"} 1', 'returns_total{shop="x"} 2'])
  })

  test('of two gauges the last one is exposed', async () => {
    const { samples, reported } = await scrape((_meter, provider) => {
      provider.getMeter('a').createGauge('size').record(1)
      provider.getMeter('b').createGauge('size').record(2)
    })

    expect(samples).toEqual(['size 2'])
    expect(reported[0]).toContain('the last one is exposed')
  })

  test('histograms with the same boundaries are added up', async () => {
    const advice = { explicitBucketBoundaries: [1] }
    const { samples } = await scrape((_meter, provider) => {
      provider.getMeter('a').createHistogram('size', { advice }).record(0.5)
      provider.getMeter('b').createHistogram('size', { advice }).record(3)
    })

    expect(samples).toEqual([
      'size_count 2',
      'size_sum 3.5',
      'size_bucket{le="1"} 1',
      'size_bucket{le="+Inf"} 2',
    ])
  })

  test('of histograms with other boundaries the first is exposed, and that is what is said', async () => {
    const { samples, reported } = await scrape((_meter, provider) => {
      provider
        .getMeter('a')
        .createHistogram('size', { advice: { explicitBucketBoundaries: [1] } })
        .record(0.5)
      provider
        .getMeter('b')
        .createHistogram('size', { advice: { explicitBucketBoundaries: [2] } })
        .record(3)
    })

    expect(samples).toContain('size_count 1')
    expect(reported).toEqual([
      'telltale: metric size: two instruments have the same series; their buckets differ, and the first one is exposed\n',
    ])
  })

  test('scope labels keep the series of two scopes apart', async () => {
    const { samples, reported } = await scrape(
      (_meter, provider) => {
        provider.getMeter('a').createCounter('orders').add(1)
        provider.getMeter('b').createCounter('orders').add(2)
      },
      { scopeLabels: true },
    )

    expect(samples).toHaveLength(2)
    expect(reported).toEqual([])
  })
})

test('an exponential histogram is left out, and reported once', async () => {
  const { samples, reported } = await scrape(
    (meter) => {
      meter.createHistogram('size').record(1)
      meter.createCounter('orders').add(1)
    },
    {
      views: [
        { instrumentName: 'size', aggregation: { type: AggregationType.EXPONENTIAL_HISTOGRAM } },
      ],
    },
    2,
  )

  expect(samples).toEqual(['orders_total 1'])
  expect(reported).toHaveLength(1)
  expect(reported[0]).toContain('"size" is not exposed')
})

test.each([
  [Number.NaN, 'NaN'],
  [Number.POSITIVE_INFINITY, '+Inf'],
  [Number.NEGATIVE_INFINITY, '-Inf'],
  [1e21, '1e+21'],
])('the value %d is written as %s', async (value, expected) => {
  const { samples } = await scrape((meter) => meter.createGauge('size').record(value))

  expect(samples).toEqual([`size ${expected}`])
})

test('a name, a unit or a description that is no text costs no scrape, nor does a unit that every object has', async () => {
  const { samples } = await scrape((meter) => {
    meter.createCounter('orders', { unit: 5 as never, description: { a: 1 } as never }).add(1)
    meter.createCounter('sales', { unit: 'constructor' }).add(1)
    meter.createCounter(7 as never).add(1)
    meter.createCounter('claims').add(1)
  })

  expect(samples).toEqual(
    expect.arrayContaining(['orders_5_total 1', 'sales_constructor_total 1', 'claims_total 1']),
  )
})

test('a text in place of attributes costs no scrape', async () => {
  const { samples } = await scrape((meter) => {
    meter.createCounter('orders').add(1, 'shop' as never)
  })

  expect(samples).toContain('orders_total 1')
})
