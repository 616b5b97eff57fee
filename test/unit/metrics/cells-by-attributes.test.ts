import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, test } from 'vitest'
import { createCellsByAttributes } from '../../../src/metrics/cells-by-attributes.ts'
import { createPlainMeter } from '../support/plain-meter.ts'

const silent = { unreadable: () => undefined, tooLarge: () => undefined, overflow: () => undefined }

/** With room for two series and the one for all others: so many ways are remembered, four times. */
function createWays(limit = 3) {
  const cells = createCellsByAttributes(limit, undefined, silent)
  /** Whether the series is found without a text made of its labels: each label is looked at once. */
  const isKnown = (labels: Record<string, unknown>): boolean => {
    let looks = 0
    const looking = Object.defineProperties(
      {},
      Object.fromEntries(
        Object.entries(labels).map(([name, value]) => [
          name,
          {
            enumerable: true,
            get: () => {
              looks += 1
              return value
            },
          },
        ]),
      ),
    )
    cells.find(looking)
    return looks <= Object.keys(labels).length
  }
  return { cells, isKnown }
}

/** The labels of one series in twelve orders. */
function ordersOfOne(): Record<string, unknown>[] {
  const names = ['p', 'q', 'r', 's']
  return names.flatMap((first) =>
    names
      .filter((second) => second !== first)
      .map((second) => {
        const order = new Set([first, second, ...names])
        return Object.fromEntries([...order].map((name) => [name, 1]))
      }),
  )
}

describe('series that differ are not taken for one another', () => {
  test.each([
    ['one has no labels', [{}, { a: 1 }, { b: 1 }]],
    ['one has some of the labels of another', [{ a: 1 }, { a: 1, b: 1 }, { a: 1, b: 1, c: 1 }]],
    ['one begins later', [{ a: 1, b: 1, c: 1 }, { b: 1, c: 1 }, { c: 1 }]],
    ['names differ, values do not', [{ a: 1 }, { b: 1 }, { c: 1 }, { d: 1 }]],
    [
      'further labels differ in name',
      [
        { a: 1, b: 1 },
        { a: 1, c: 1 },
        { a: 1, d: 1 },
      ],
    ],
    ['values differ', [{ a: 1 }, { a: 2 }, { a: 3 }, { a: '' }, { a: 'true' }]],
    [
      'further labels differ in value',
      [
        { a: 1, b: 1 },
        { a: 1, b: 2 },
        { a: 2, b: 1 },
      ],
    ],
    ['values look like names', [{ a: '1,b,2' }, { a: '1', b: '2' }, { a: '"1","b"' }]],
    ['lists differ in how they are divided', [{ a: ['b,c'] }, { a: ['b', 'c'] }, { a: [] }]],
  ] as readonly [string, readonly Record<string, unknown>[]][])(
    'when %s',
    async (_when, series) => {
      const { meter, scrape, reported } = createPlainMeter()
      const orders = meter.createCounter('orders')
      for (let times = 1; times <= 4; times += 1) {
        for (const [index, labels] of series.entries()) orders.add(10 ** index, labels)
      }
      const { text } = await scrape()
      const values = [...text.matchAll(/^orders_total(?:\{.*\})? (\d+)$/gm)].map(
        ([, value]) => value,
      )

      expect(values).toEqual(series.map((_labels, index) => String(4 * 10 ** index)))
      expect(reported).toEqual([])
    },
  )
})

describe('a label', () => {
  test.each([undefined, null])('that is %s is none, also the first time', async (nothing) => {
    const { meter, series, reported } = createPlainMeter()
    const orders = meter.createCounter('orders')
    orders.add(1, { shop: nothing as never })
    orders.add(1, { tip: nothing as never, shop: 'a' })
    orders.add(1, { shop: 'a' })
    orders.add(1)

    expect(await series()).toEqual(['orders_total 2', 'orders_total{shop="a"} 2'])
    expect(reported).toEqual([])
  })

  test('that is a function or a symbol is what it is called', async () => {
    const { meter, series } = createPlainMeter()
    const labels = { by: () => 'card', of: Symbol('s') }
    for (let times = 0; times < 2; times += 1) {
      meter.createCounter('orders').add(1, labels)
    }

    expect(await series()).toEqual(['orders_total{by="function",of="symbol"} 2'])
  })
})

test.each([null, undefined, 'shop', 5, true, () => undefined])(
  '%s has no labels, and that is nothing to tell of',
  async (given) => {
    const { meter, series, reported } = createPlainMeter()
    const orders = meter.createCounter('orders')
    for (let times = 0; times < 2; times += 1) orders.add(1, given as never)

    expect(await series()).toEqual(['orders_total 2'])
    expect(reported).toEqual([])
  },
)

test('the series for what is beyond the bound is a histogram where the others are', async () => {
  const { meter, series } = createPlainMeter({ cardinalityLimit: 1 })
  const size = meter.createHistogram('size', { advice: { explicitBucketBoundaries: [10] } })
  for (const value of [5, 50]) size.record(value, { value })

  expect(await series()).toEqual([
    'size_count{otel_metric_overflow="true"} 2',
    'size_sum{otel_metric_overflow="true"} 55',
    'size_bucket{otel_metric_overflow="true",le="10"} 1',
    'size_bucket{otel_metric_overflow="true",le="+Inf"} 2',
  ])
})

describe('the way to a series', () => {
  const a = { x: 1, y: 1, z: 1 }
  const b = { x: 1, y: 2, z: 1 }
  /** Four orders of two series. */
  const ways = [a, b].flatMap(({ x, y, z }) => [
    { x, y, z },
    { y, x, z },
    { z, y, x },
    { z, x, y },
  ])

  test('is remembered in four orders', () => {
    const { isKnown } = createWays()
    for (const way of ways) expect(isKnown(way)).toBe(false)
    for (const way of ways) expect(isKnown(way)).toBe(true)
  })

  test('is the same with labels that have no value', () => {
    const { isKnown } = createWays()
    isKnown(a)

    expect(isKnown({ tip: undefined, ...a })).toBe(true)
    expect(isKnown({ ...a, tip: null })).toBe(true)
  })

  test('is remembered for each value of a label, and for each kind of it', () => {
    const { cells, isKnown } = createWays(10)
    const values = ['1', 1, true, false, -1.5]
    const made = values.map((x) => cells.find({ x }))
    expect(new Set(made).size).toBe(values.length)

    for (const [index, x] of values.entries()) {
      expect(cells.known({ x })).toBe(made[index])
      expect(isKnown({ x })).toBe(true)
    }
  })

  test('is there for no labels, too', () => {
    const { cells } = createWays()
    expect(cells.known(undefined)).toBeUndefined()
    const cell = cells.find(undefined)

    expect(cells.known(undefined)).toBe(cell)
    expect(cells.known({})).toBe(cell)
  })

  test('is forgotten when there are more of them than four for each series', () => {
    const { isKnown } = createWays(2)
    const [first, ...others] = ordersOfOne()
    isKnown(first!)
    expect(isKnown(first!)).toBe(true)
    for (const way of others) isKnown(way)

    expect(isKnown(first!)).toBe(false)
  })

  test('is looked for anew when there were too many, and remembered again', () => {
    // Sixteen ways are remembered. Twelve of them are those of a series whose labels are never given in the same order again.
    const { isKnown } = createWays(4)
    for (const way of ordersOfOne()) isKnown(way)
    for (let times = 0; times < 2; times += 1) for (const way of ways) isKnown(way)

    for (const way of ways) expect(isKnown(way)).toBe(true)
  })

  test('is remembered for a series that went and came again, and costs the others nothing', () => {
    const { cells, isKnown } = createWays()
    isKnown(b)
    for (let times = 0; times < 20; times += 1) {
      expect(isKnown(a)).toBe(false)
      expect(isKnown(a)).toBe(true)
      cells.remove(cells.find(a))
    }

    expect(isKnown(b)).toBe(true)
  })

  test('is none where a look at the values is needed: it would take the room of others', () => {
    const { cells, isKnown } = createWays()
    isKnown(b)
    for (let times = 0; times < 20; times += 1) cells.find({ tags: ['new'] })

    expect(isKnown(b)).toBe(true)
  })
})

test('the ways to series that are gone are forgotten: many series over time cost no room', async () => {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const { meter, series } = createPlainMeter()
  let first = 0
  meter.createObservableGauge('level').addCallback((result) => {
    for (let shop = first; shop < first + 1_000; shop += 1) result.observe(1, { shop })
  })
  const scrapes = async (count: number): Promise<void> => {
    for (let times = 0; times < count; times += 1) {
      first += 1_000
      expect(await series()).toHaveLength(1_000)
    }
  }
  await scrapes(20)
  collect()
  const before = process.memoryUsage().heapUsed
  await scrapes(80)
  collect()

  expect(process.memoryUsage().heapUsed - before).toBeLessThan(8_000_000)
})
