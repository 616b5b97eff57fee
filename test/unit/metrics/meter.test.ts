import { ValueType } from '@opentelemetry/api'
import { describe, expect, test } from 'vitest'
import { createPlainMeter } from '../support/plain-meter.ts'

describe('the name of an instrument', () => {
  test('may have 255 characters, and no more', async () => {
    const { meter, series, reported } = createPlainMeter()
    meter.createGauge('x'.repeat(255)).record(1)
    expect(reported).toEqual([])
    meter.createGauge('y'.repeat(256)).record(1)

    expect(await series()).toEqual([`${'x'.repeat(255)} 1`])
    expect(reported).toEqual([
      `telltale: an instrument could not be made: a name may have 255 characters; got "${'y'.repeat(256)}"\n`,
    ])
  })

  test.each([
    ['orders', 'Orders'],
    ['Orders', 'orders'],
    ['ORDERS', 'Orders'],
  ])('%s is the same as %s; the first one is shown', async (first, second) => {
    const { meter, series, reported } = createPlainMeter()
    for (const name of [first, second, first]) meter.createGauge(name).record(1)

    expect(await series()).toEqual([`${first} 1`])
    expect(reported).toEqual([])
  })
})

describe('of instruments with one name', () => {
  test.each([
    ['Short.', 'Longer one.', 'Longer one.'],
    ['Longer one.', 'Short.', 'Longer one.'],
    ['First.', 'Other.', 'First.'],
    ['', 'x', 'x'],
  ])('described as %j and %j it is %j', async (first, second, shown) => {
    const { meter, scrape } = createPlainMeter()
    for (const description of [first, second]) meter.createGauge('level', { description }).record(1)

    expect((await scrape()).text).toContain(`# HELP level ${shown}\n`)
  })

  test('those of another value type are others; what is no value type is the usual one', async () => {
    const { meter, series, reported } = createPlainMeter()
    for (const valueType of [undefined, ValueType.DOUBLE, 'INT', 7, null]) {
      meter.createCounter('orders', { valueType: valueType as never }).add(1.5)
    }
    expect(await series()).toEqual(['orders_total 7.5'])
    expect(reported).toEqual([])
    meter.createCounter('orders', { valueType: ValueType.INT }).add(1)

    expect(await series()).toEqual(['orders_total 8.5'])
    expect(reported).toEqual([expect.stringContaining('two instruments have the same series')])
  })

  test('a counter and an observable counter are two', async () => {
    const { meter, series } = createPlainMeter()
    meter.createCounter('orders').add(1, { by: 'app' })
    meter
      .createObservableCounter('orders')
      .addCallback((result) => result.observe(5, { by: 'callback' }))

    for (let times = 0; times < 2; times += 1) {
      expect(await series()).toEqual(['orders_total{by="app"} 1', 'orders_total{by="callback"} 5'])
    }
  })

  test('declared ones have one kind; each that differs is named once, and measures nothing', async () => {
    const { meter, series, reported } = createPlainMeter({ declared: ['shop'] })
    for (const name of ['level', 'size']) {
      meter.createGauge(name).record(1)
      for (let times = 0; times < 2; times += 1) meter.createCounter(name).add(5)
    }

    expect(await series()).toEqual(['level 1', 'size 1'])
    expect(reported).toEqual(
      ['level', 'size'].map(
        (name) =>
          `telltale: metric ${name}: another copy of the package declares it otherwise; the first one stays as it is, and this one is not exposed\n`,
      ),
    )
  })
})

describe('description and unit', () => {
  test.each([5, true, {}, null, Symbol('s')])('%s are none', async (given) => {
    const { meter, scrape, series, reported } = createPlainMeter()
    const options = { description: given as never, unit: given as never }
    meter.createGauge('level', options).record(1)
    meter.createGauge('level', { description: '', unit: '' }).record(2)

    expect(await series()).toEqual(['level 2'])
    expect((await scrape()).text).toContain('# HELP level description missing\n')
    expect(reported).toEqual([])
  })

  test('of the greatest length are whole', async () => {
    const { meter, scrape, reported } = createPlainMeter()
    const options = { description: 'd'.repeat(1_024), unit: 'u'.repeat(63) }
    meter.createGauge('level', options).record(1)

    expect((await scrape()).text).toContain(`# HELP level_${options.unit} ${options.description}\n`)
    expect(reported).toEqual([])
  })

  test('beyond it are cut and left out, which is said of each metric once; all else stays', async () => {
    const { meter, scrape, series, reported } = createPlainMeter()
    const advice = { explicitBucketBoundaries: [1] }
    for (let times = 0; times < 2; times += 1) {
      meter
        .createHistogram('size', { description: 'd'.repeat(1_025), unit: 'By', advice })
        .record(3)
      meter.createGauge('level', { description: 'Level.', unit: 'u'.repeat(64) }).record(1)
    }

    expect(await series()).toEqual([
      'size_bytes_count 2',
      'size_bytes_sum 6',
      'size_bytes_bucket{le="1"} 0',
      'size_bytes_bucket{le="+Inf"} 2',
      'level 1',
    ])
    expect((await scrape()).text).toContain(`# HELP size_bytes ${'d'.repeat(1_024)}\n`)
    expect((await scrape()).text).toContain('# HELP level Level.\n')
    expect(reported).toEqual(
      ['size', 'level'].map(
        (name) =>
          `telltale: metric ${name}: its description is longer than 1024 characters and is cut, or its unit is longer than 63 and is left out\n`,
      ),
    )
  })
})

describe('a batch callback', () => {
  test('may tell of metrics of another meter', async () => {
    const { provider, meter, series } = createPlainMeter()
    const level = provider.getMeter('stock').createObservableGauge('level')
    meter.addBatchObservableCallback((result) => result.observe(level, 3), [level])

    expect(await series()).toEqual(['level 3'])
  })

  test.each([undefined, null, 5, {}, 'level', Symbol('s')])(
    'with %s as metrics is told of and not asked, and throws nothing into the application',
    async (observables) => {
      const { meter, scrape, reported } = createPlainMeter()
      let asked = 0
      const count = (): void => void (asked += 1)
      meter.addBatchObservableCallback(count, observables as never)
      expect((await scrape()).errors).toEqual([])
      expect(asked).toBe(0)
      meter.removeBatchObservableCallback(count, observables as never)

      expect(reported).toEqual([
        'telltale: a batch callback names no observable metric to tell of\n',
      ])
    },
  )
})
