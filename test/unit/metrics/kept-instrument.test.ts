import { ValueType } from '@opentelemetry/api'
import { describe, expect, test } from 'vitest'
import { createPlainMeter } from '../support/plain-meter.ts'

/** The upper bounds that are shown. */
function boundsOf(lines: readonly string[]): string[] {
  return lines.flatMap((line) => /_bucket\{le="([^"]+)"\}/.exec(line)?.[1] ?? [])
}

describe('what a value does', () => {
  test('in a gauge: the last one is shown, whatever number it is', async () => {
    const { meter, series, reported } = createPlainMeter()
    const level = meter.createGauge('level')
    for (const [value, shown] of [
      [3, '3'],
      [0, '0'],
      [-2.5, '-2.5'],
      [Infinity, '+Inf'],
      [-Infinity, '-Inf'],
      [Number.NaN, 'NaN'],
      [1, '1'],
    ] as const) {
      level.record(value)
      expect(await series()).toEqual([`level ${shown}`])
    }
    expect(reported).toEqual([])
  })

  test.each([
    ['createObservableGauge', -5, 'level -5'],
    ['createObservableGauge', Number.NaN, 'level NaN'],
    ['createObservableUpDownCounter', -5, 'level -5'],
  ] as const)('of %s: %d is shown', async (method, value, line) => {
    const { meter, series, reported } = createPlainMeter()
    meter[method]('level').addCallback((result) => result.observe(value))

    expect(await series()).toEqual([line])
    expect(reported).toEqual([])
  })

  test.each([-1, Number.NaN])('of an observable counter: %d is refused', async (value) => {
    const { meter, series, reported } = createPlainMeter()
    meter.createObservableCounter('orders').addCallback((result) => result.observe(value))

    expect(await series()).toEqual([])
    expect(reported).toHaveLength(1)
  })

  test('to a sum may be an infinity', async () => {
    const { meter, series, reported } = createPlainMeter()
    meter.createCounter('orders').add(Infinity)
    meter.createCounter('size').add(0)

    expect(await series()).toEqual(['orders_total +Inf', 'size_total 0'])
    expect(reported).toEqual([])
  })

  test('to what has whole numbers is nothing to tell of as long as it is one', async () => {
    const { meter, series, reported } = createPlainMeter()
    const options = { valueType: ValueType.INT }
    meter.createCounter('orders', options).add(2)
    meter.createHistogram('size', options).record(3)

    expect(await series()).toContain('orders_total 2')
    expect(reported).toEqual([])
  })
})

describe('the buckets of a histogram', () => {
  test.each([
    [undefined, '0 5 10 25 50 75 100 250 500 750 1000 2500 5000 7500 10000 +Inf'],
    [null, '0 5 10 25 50 75 100 250 500 750 1000 2500 5000 7500 10000 +Inf'],
    [[], '+Inf'],
    [[100, 9, 10, -1], '-1 9 10 100 +Inf'],
    [[Infinity, 1, -Infinity, 5], '1 5 +Inf'],
  ])('for bounds %j are %s', async (given, bounds) => {
    const { meter, series, reported } = createPlainMeter()
    const advice = { explicitBucketBoundaries: given as number[] }
    meter.createHistogram('size', { advice }).record(1)

    expect(boundsOf(await series()).join(' ')).toBe(bounds)
    expect(reported).toEqual([])
  })

  test('hold what is at most their bound, and the last one all that is more', async () => {
    const { meter, series } = createPlainMeter()
    const advice = { explicitBucketBoundaries: [1, 2, 3, 4, 5] }
    const size = meter.createHistogram('size', { advice })
    for (const value of [0, 1, 1.5, 2, 3, 3, 4.1, 5, 5.1, 1e9, Infinity]) size.record(value)

    expect(await series()).toEqual([
      'size_count 11',
      'size_sum +Inf',
      'size_bucket{le="1"} 2',
      'size_bucket{le="2"} 4',
      'size_bucket{le="3"} 6',
      'size_bucket{le="4"} 6',
      'size_bucket{le="5"} 8',
      'size_bucket{le="+Inf"} 11',
    ])
  })

  test('are nothing to what has none', () => {
    const { meter, reported } = createPlainMeter()
    meter.createCounter('orders', { advice: { explicitBucketBoundaries: 'all' as never } }).add(1)

    expect(reported).toEqual([])
  })
})
