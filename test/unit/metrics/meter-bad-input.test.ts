import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { Attributes, Observable } from '@opentelemetry/api'
import { describe, expect, test } from 'vitest'
import { upTo } from '../../../src/metrics/label-types.ts'
import { createSeriesTable } from '../../../src/metrics/series-table.ts'
import { createPlainMeter } from '../support/plain-meter.ts'
import { createRecordingReporter } from '../support/recording-reporter.ts'
import { createScrapedMeters } from '../support/scraped-meters.ts'

function start(options: { readonly cardinalityLimit?: number } = {}) {
  const { series, ...made } = createPlainMeter(options)
  return { ...made, scrape: series }
}

/** Throws at whatever is done with it. */
function revoked<Kind extends object>(target: Kind): Kind {
  const { proxy, revoke } = Proxy.revocable(target, {})
  revoke()
  return proxy
}

/** Bytes that stay after `work`. */
async function bytesKept(work: () => unknown): Promise<number> {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  collect()
  const before = process.memoryUsage().heapUsed
  await work()
  collect()
  return process.memoryUsage().heapUsed - before
}

describe('nothing throws into the application', () => {
  test('with options of a meter that cannot be read', async () => {
    const { provider, scrape } = start()
    const throwing = {
      get schemaUrl(): string {
        throw new Error('not for you')
      },
    }
    for (const options of [throwing, revoked({})]) {
      provider.getMeter('shop', '', options).createCounter('orders').add(1)
    }

    expect(await scrape()).toEqual(['orders_total 2'])
  })

  test('with lists of observables that cannot be read', async () => {
    const { meter, scrape, reported } = start()
    const level = meter.createObservableGauge('level')
    const throwing = Object.defineProperty([level], 0, {
      get() {
        throw new Error('not for you')
      },
    }) as Observable[]
    for (const observables of [revoked([level]), throwing]) {
      meter.addBatchObservableCallback((result) => result.observe(level, 1), observables)
      meter.removeBatchObservableCallback(() => undefined, observables)
    }

    expect(await scrape()).toEqual([])
    expect(reported).toEqual([expect.stringContaining('names no observable metric')])
  })
})

test('a counter among the metrics of a callback is not observed: it counts what was added', async () => {
  const { meter, scrape, reported } = start()
  const orders = meter.createCounter('orders')
  const size = meter.createHistogram('size', { advice: { explicitBucketBoundaries: [] } })
  const level = meter.createObservableGauge('level')
  orders.add(3)
  size.record(4)
  const observe = (result: { observe(of: Observable, value: number): void }): void => {
    for (const each of [orders, size, level]) result.observe(each as never, 100)
  }
  meter.addBatchObservableCallback(observe, [orders, size, level] as never)
  meter.addBatchObservableCallback(() => undefined, [orders] as never)

  expect(await scrape()).toEqual([
    'orders_total 3',
    'size_count 1',
    'size_sum 4',
    'size_bucket{le="+Inf"} 1',
    'level 100',
  ])
  expect(reported).toHaveLength(1)
})

test('a callback that was removed during the scrape is not asked any more', async () => {
  const { meter, scrape } = start()
  const level = meter.createObservableGauge('level')
  let closed = false
  let askedWhenClosed = false
  const ask = (): void => void (askedWhenClosed = closed)
  level.addCallback(async () => {
    await new Promise((resolve) => void setImmediate(resolve))
    closed = true
    level.removeCallback(ask)
  })
  level.addCallback(ask)
  await scrape()

  expect(closed).toBe(true)
  expect(askedWhenClosed).toBe(false)
})

describe('buckets', () => {
  test('with the same bound twice are one', async () => {
    const { meter, scrape } = start()
    const advice = { explicitBucketBoundaries: [5, 0, 5, -0] }
    meter.createHistogram('size', { advice }).record(5)

    expect(await scrape()).toEqual([
      'size_count 1',
      'size_sum 5',
      'size_bucket{le="0"} 0',
      'size_bucket{le="5"} 1',
      'size_bucket{le="+Inf"} 1',
    ])
  })

  test('are as many as a declared metric may have; of a longer list the default ones are there', async () => {
    const { meter, scrape, reported } = start()
    const advice = {
      explicitBucketBoundaries: Array.from({ length: 501 }, (_none, bound) => bound),
    }
    meter.createHistogram('size', { advice }).record(5)

    expect(await scrape()).toHaveLength(2 + 16)
    expect(reported).toEqual([expect.stringMatching(/at most 500/)])
    expect(reported[0]!.length).toBeLessThan(500)
  })
})

describe('labels that are large', () => {
  test('only when they become text are cut when they are measured', async () => {
    const { meter, scrape, reported } = start()
    const orders = meter.createCounter('orders')
    const kept = await bytesKept(() => {
      for (let id = 0; id < 20; id += 1) {
        const shop = { toJSON: () => 'x'.repeat(1_000_000) }
        const tags = [id, { toJSON: () => Array.from({ length: 100_000 }, () => 'x') }]
        orders.add(1, { shop, tags })
      }
    })

    expect(kept).toBeLessThan(5_000_000)
    expect(reported).toEqual([expect.stringContaining('a label is longer than')])
    expect(await scrape()).toContain(`orders_total{shop="${'x'.repeat(1_024)}",tags="[0]"} 1`)
  })

  test('as lists are looked at once at each measurement', () => {
    const { meter } = start()
    let looks = 0
    const tags = new Proxy(
      Array.from({ length: 2_000 }, () => 1),
      {
        get(target, key) {
          looks += 1
          return Reflect.get(target, key) as unknown
        },
      },
    )
    meter.createCounter('orders').add(1, { tags })

    expect(looks).toBeLessThan(10 * tags.length)
  })

  test('and of which a label is a part are not held by it', async () => {
    const { meter, scrape } = start()
    const orders = meter.createCounter('orders')
    const level = meter.createObservableGauge('level')
    let round = 0
    level.addCallback((result) => {
      result.observe(1, { shop: `${round}-${'y'.repeat(1e6)}`.slice(0, 20) })
    })
    const kept = await bytesKept(async () => {
      for (round = 0; round < 50; round += 1) {
        orders.add(1, { shop: `${round}-${'x'.repeat(1e6)}`.slice(0, 20) })
        await scrape()
      }
    })

    // A part of each would hold 1 MB.
    expect(kept).toBeLessThan(10_000_000)
    expect(await scrape()).toHaveLength(51)
  })
})

test('a declared gauge keeps its values once, not here too', async () => {
  const reporter = createRecordingReporter()
  const { provider, scrape } = createScrapedMeters(reporter, { declared: ['declared'] })
  const level = provider.getMeter('declared').createObservableGauge('level')
  let labels: readonly Attributes[] = Array.from({ length: 20_000 }, (_none, id) =>
    Object.freeze({ id }),
  )
  level.addCallback((result) => {
    for (const each of labels) result.observe(1, each)
  })
  await scrape()
  const ids = labels
  const kept = await bytesKept(() => (labels = []))
  const freed = -(await bytesKept(scrape))

  expect(ids).toHaveLength(20_000)
  expect(kept + freed).toBeLessThan(20_000 * 40)
})

test('nor are they held by a label of a declared metric', async () => {
  const table = createSeriesTable({ shop: upTo(100) }, 100, 'fold', () => undefined)
  const kept = await bytesKept(() => {
    for (let shop = 0; shop < 50; shop += 1) {
      table.find({ shop: `${shop}-${'x'.repeat(1e6)}`.slice(0, 20) })
    }
  })

  expect(kept).toBeLessThan(10_000_000)
  expect(table.size).toBe(50)
})

test('series that were observed once leave little behind when others come', async () => {
  const { meter, scrape } = start({ cardinalityLimit: 20_000 })
  let round = 0
  meter.createObservableGauge('level').addCallback((result) => {
    for (let shop = 0; shop < 2_000; shop += 1) result.observe(1, { shop: `${round}-${shop}` })
  })
  for (; round < 4; round += 1) await scrape()
  const kept = await bytesKept(async () => {
    for (; round < 24; round += 1) await scrape()
  })

  // 40 000 series have come and gone.
  expect(kept).toBeLessThan(40_000 * 100)
  expect(await scrape()).toHaveLength(2_000)
})

/** An observable gauge that shows these shops. */
function observing(cardinalityLimit: number) {
  const started = start({ cardinalityLimit })
  const shown = { shops: [] as (string | string[])[] }
  started.meter.createObservableGauge('level').addCallback((result) => {
    for (const shop of shown.shops) result.observe(1, { shop })
  })
  return { ...started, shown }
}

describe('what is observed has room', () => {
  test('when all of it is new', async () => {
    const { scrape, shown, reported } = observing(4)
    for (const shops of [
      ['a', 'b', 'c'],
      ['d', 'e', 'f'],
      ['a', 'f', 'g'],
    ]) {
      shown.shops = shops
      expect(await scrape()).toEqual(
        expect.arrayContaining(shops.map((shop) => `level{shop="${shop}"} 1`)),
      )
    }

    expect(reported).toEqual([])
  })

  test('before what is new, if it was observed before', async () => {
    const { scrape, shown } = observing(3)
    shown.shops = ['a', 'b']
    await scrape()
    shown.shops = ['c', 'd', 'a']

    expect(await scrape()).toEqual([
      'level{shop="a"} 1',
      'level{shop="c"} 1',
      'level{otel_metric_overflow="true"} 1',
    ])
  })

  test('whatever labels it has', async () => {
    const { scrape, shown, reported } = observing(3)
    shown.shops = [['a'], ['b']]
    await scrape()
    shown.shops = [['c'], ['b']]

    expect(await scrape()).toEqual([
      String.raw`level{shop="[\"c\"]"} 1`,
      String.raw`level{shop="[\"b\"]"} 1`,
    ])
    expect(reported).toEqual([])
  })
})
