import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { ValueType } from '@opentelemetry/api'
import { describe, expect, test } from 'vitest'
import { createPlainMeter } from '../support/plain-meter.ts'
import { createRecordingReporter } from '../support/recording-reporter.ts'
import { createScrapedMeters } from '../support/scraped-meters.ts'

function start(options: { readonly cardinalityLimit?: number } = {}) {
  const { scrape, series, ...made } = createPlainMeter(options)
  return { ...made, scrape: series, text: async () => (await scrape()).text }
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

test('it is said once', async () => {
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

describe('the bound on series', () => {
  const limit = { cardinalityLimit: 3 }

  test('holds however often is scraped; what is beyond is one series, said once', async () => {
    const { meter, scrape, reported } = start(limit)
    const orders = meter.createCounter('orders')
    for (let shop = 0; shop < 5; shop += 1) {
      orders.add(1, { shop })
      await scrape()
    }
    orders.add(1, { shop: 0 })

    expect(await scrape()).toEqual([
      'orders_total{shop="0"} 2',
      'orders_total{shop="1"} 1',
      'orders_total{otel_metric_overflow="true"} 3',
    ])
    expect(reported).toEqual([
      expect.stringMatching(/^telltale: metric orders: .*"metrics\.cardinalityLimit"/),
    ])
  })

  test('holds for what is observed: sums are added up, and of gauges the last one counts', async () => {
    const { meter, scrape } = start(limit)
    let first = 0
    for (const [method, name] of [
      ['createObservableCounter', 'orders'],
      ['createObservableGauge', 'level'],
    ] as const) {
      meter[method](name).addCallback((result) => {
        for (let shop = first; shop < first + 4; shop += 1) result.observe(10 + shop, { shop })
      })
    }
    const lines = [
      'orders_total{shop="0"} 10',
      'orders_total{shop="1"} 11',
      'orders_total{otel_metric_overflow="true"} 25',
      'level{shop="0"} 10',
      'level{shop="1"} 11',
      'level{otel_metric_overflow="true"} 13',
    ]
    expect(await scrape()).toEqual(lines)
    expect(await scrape()).toEqual(lines)
    first = 3
    await scrape()

    // Room is there again for those that are observed now.
    expect(await scrape()).toContain('orders_total{shop="3"} 13')
  })

  test('of 1 leaves the one series for all', async () => {
    const { meter, scrape } = start({ cardinalityLimit: 1 })
    const orders = meter.createCounter('orders')
    orders.add(1)
    orders.add(1, { shop: 'a' })

    expect(await scrape()).toEqual(['orders_total{otel_metric_overflow="true"} 2'])
  })
})

describe('a series is its labels', () => {
  test('in whatever order, own ones only, and none without a value', async () => {
    const { meter, scrape } = start()
    const orders = meter.createCounter('orders')
    for (let times = 0; times < 2; times += 1) {
      orders.add(1, { shop: 'a', by: 'card' })
      orders.add(1, { by: 'card', shop: 'a' })
      orders.add(1, { by: 'card', tip: undefined, shop: 'a' })
      orders.add(1, Object.assign(Object.create({ inherited: 'x' }), { shop: 'a', by: 'card' }))
      orders.add(1, Object.freeze({ shop: 'a', by: 'card' }))
      orders.add(1, Object.create({ shop: 'a', by: 'card' }))
      orders.add(1, {})
      orders.add(1)
      orders.add(1, { shop: undefined })
    }

    expect(await scrape()).toEqual(['orders_total{by="card",shop="a"} 10', 'orders_total 8'])
  })

  test('as they were when it was measured or observed', async () => {
    const { meter, scrape } = start()
    const labels = { shop: 'a', tags: ['new'] }
    meter.createCounter('orders').add(1, labels)
    meter.createObservableGauge('level').addCallback((result) => {
      const observed = { shop: '' }
      for (const shop of ['a', 'b']) {
        observed.shop = shop
        result.observe(1, observed)
      }
    })
    labels.shop = 'z'
    labels.tags.push('old')

    expect(await scrape()).toEqual([
      String.raw`orders_total{shop="a",tags="[\"new\"]"} 1`,
      'level{shop="a"} 1',
      'level{shop="b"} 1',
    ])
  })

  test('in more orders than are remembered', async () => {
    const { meter, scrape } = start({ cardinalityLimit: 3 })
    const orders = meter.createCounter('orders')
    const names = ['a', 'b', 'c', 'd', 'e']
    for (let times = 0; times < 3; times += 1) {
      for (const first of names) {
        for (const second of names) {
          const others = names.filter((name) => name !== first && name !== second)
          const order = [...new Set([first, second, ...others])]
          orders.add(1, Object.fromEntries(order.map((name) => [name, 1])))
        }
      }
    }

    expect(await scrape()).toEqual(['orders_total{a="1",b="1",c="1",d="1",e="1"} 75'])
  })

  test('and frozen labels, new each time, leave nothing behind', async () => {
    setFlagsFromString('--expose-gc')
    const collect = runInNewContext('gc') as () => void
    const { meter, scrape } = start()
    const orders = meter.createCounter('orders')
    const level = meter.createObservableGauge('level')
    level.addCallback((result) => result.observe(1, Object.freeze({ shop: 'a' })))
    orders.add(1, { shop: 'a' })
    await scrape()
    collect()
    const before = process.memoryUsage().heapUsed
    for (let count = 0; count < 200_000; count += 1) orders.add(1, Object.freeze({ shop: 'a' }))
    collect()

    expect(process.memoryUsage().heapUsed - before).toBeLessThan(2_000_000)
    expect(await scrape()).toEqual(['orders_total{shop="a"} 200001', 'level{shop="a"} 1'])
  })
})

describe('a value that an instrument cannot take', () => {
  test.each([
    ['createCounter', 'add', -1, 'a number of at least 0'],
    ['createCounter', 'add', Number.NaN, 'a number'],
    ['createCounter', 'add', '5', 'a number'],
    ['createUpDownCounter', 'add', Number.NaN, 'a number'],
    ['createUpDownCounter', 'add', 5n, 'a number'],
    ['createGauge', 'record', undefined, 'a number'],
    ['createHistogram', 'record', -0.5, 'a number of at least 0'],
  ] as const)(
    '%s: %s(%s) is left out, and that is said once',
    async (method, measure, value, rule) => {
      const { meter, text, reported } = start()
      const instrument = meter[method]('size') as unknown as Record<
        string,
        (value: unknown) => void
      >
      for (let times = 0; times < 3; times += 1) instrument[measure]!(value)

      expect(await text()).not.toMatch(/^size/m)
      expect(reported).toHaveLength(1)
      expect(reported[0]).toContain(`metric size: a value must be ${rule}`)
    },
  )

  test('is a fraction of what has whole numbers: it is cut off', async () => {
    const { meter, scrape, reported } = start()
    meter.createCounter('orders', { valueType: ValueType.INT }).add(2.9)
    meter.createUpDownCounter('under_way', { valueType: ValueType.INT }).add(-2.9)
    const level = meter.createObservableGauge('level', { valueType: ValueType.INT })
    level.addCallback((result) => {
      result.observe(7.5)
      result.observe(Infinity, { shop: 'a' })
    })

    expect(await scrape()).toEqual(['orders_total 2', 'under_way -2', 'level 7'])
    expect(reported).toHaveLength(3)
  })

  test.each(['all', [1, Number.NaN], [1, '2'], {}])(
    'boundaries %j are not taken',
    async (given) => {
      const { meter, text, reported } = start()
      const advice = { explicitBucketBoundaries: given as number[] }
      meter.createHistogram('size', { advice }).record(6)

      expect(await text()).toMatch(/^size_bucket\{le="10"\} 1$/m)
      expect(reported).toEqual([expect.stringContaining('"explicitBucketBoundaries" must be')])
    },
  )

  test.each([undefined, null, 5, {}, Symbol('s')])('name %s makes nothing', async (name) => {
    const { meter, text, reported } = start()
    meter.createCounter(name as never).add(1)
    meter.createObservableGauge(name as never).addCallback(() => undefined)

    expect(await text()).not.toMatch(/^(?!#|target_info|$)/m)
    expect(reported).toEqual([expect.stringContaining('a name must be a text')])
  })
})

describe('callbacks', () => {
  test('of which two observe the same series: the last one counts, also for sums', async () => {
    const { meter, scrape } = start()
    const orders = meter.createObservableCounter('orders')
    orders.addCallback((result) => result.observe(3, { shop: 'a' }))
    orders.addCallback((result) => result.observe(2, { shop: 'a' }))

    expect(await scrape()).toEqual(['orders_total{shop="a"} 2'])
    expect(await scrape()).toEqual(['orders_total{shop="a"} 2'])
  })

  test('show what they observe and nothing else: a series that is gone is gone, and may come again', async () => {
    const { meter, scrape } = start()
    let shops = ['a', 'b']
    meter.createObservableGauge('level').addCallback((result) => {
      for (const shop of shops) result.observe(1, { shop })
    })
    expect(await scrape()).toEqual(['level{shop="a"} 1', 'level{shop="b"} 1'])
    shops = ['b']
    expect(await scrape()).toEqual(['level{shop="b"} 1'])
    shops = []
    expect(await scrape()).toEqual([])
    shops = ['a', 'b']
    expect(await scrape()).toEqual(['level{shop="a"} 1', 'level{shop="b"} 1'])
  })

  test('are there once, and can be removed', async () => {
    const { meter, scrape } = start()
    let asked = 0
    const count = (): void => void (asked += 1)
    const [level, size] = [
      meter.createObservableGauge('level'),
      meter.createObservableGauge('size'),
    ]
    for (let times = 0; times < 2; times += 1) {
      level.addCallback(count)
      meter.addBatchObservableCallback(count, [level, size])
      meter.addBatchObservableCallback(count, [size, level, size])
    }
    await scrape()
    expect(asked).toBe(2)
    level.removeCallback(count)
    await scrape()
    expect(asked).toBe(3)
    meter.removeBatchObservableCallback(count, [size, level])
    meter.removeBatchObservableCallback(count, [size])
    await scrape()
    expect(asked).toBe(3)
  })

  test('for several metrics tell of these, and of no other', async () => {
    const { meter, scrape, reported } = start()
    const [level, size] = [
      meter.createObservableGauge('level'),
      meter.createObservableCounter('size'),
    ]
    const other = meter.createObservableGauge('orders')
    meter.addBatchObservableCallback(
      (result) => {
        result.observe(level, 1, { shop: 'a' })
        result.observe(size, 2)
        result.observe(other, 3)
        result.observe({} as never, 4)
        result.observe(undefined as never, 5)
      },
      [level, size],
    )
    meter.addBatchObservableCallback(() => undefined, [])
    meter.addBatchObservableCallback(
      () => undefined,
      [meter.createCounter('x') as never, {} as never],
    )
    meter.addBatchObservableCallback('x' as never, [level])
    level.addCallback(undefined as never)

    expect(await scrape()).toEqual(['level{shop="a"} 1', 'size_total 2'])
    expect(reported).toHaveLength(2)
  })

  test('that fail cost all that they have observed, and are named', async () => {
    const { provider, scrape } = createScrapedMeters(createRecordingReporter())
    const meter = provider.getMeter('shop')
    const [level, size] = [
      meter.createObservableGauge('level'),
      meter.createObservableGauge('size'),
    ]
    meter.addBatchObservableCallback(
      async (result) => {
        result.observe(level, 1)
        await Promise.reject(new Error('no connection'))
      },
      [level, size],
    )
    size.addCallback((result) => result.observe(2))
    const { text, errors } = await scrape()

    expect(text).not.toMatch(/^level/m)
    expect(text).toMatch(/^size 2$/m)
    expect(errors.map(String)).toEqual(['CallbackError: level, size: no connection'])
  })

  test('of many meters that hang hold a scrape up no longer than one, and what they say late is not heard', async () => {
    const { provider, scrape } = createScrapedMeters(createRecordingReporter())
    const late: (() => void)[] = []
    for (let meter = 0; meter < 20; meter += 1) {
      const level = provider.getMeter(`meter ${meter}`).createObservableGauge('level')
      level.addCallback(async (result) => {
        await new Promise<void>((resolve) => void late.push(resolve))
        result.observe(1, { meter })
      })
    }
    provider
      .getMeter('last')
      .createObservableGauge('size')
      .addCallback((result) => result.observe(2))
    const began = performance.now()
    const { text, errors } = await scrape(400)
    expect(performance.now() - began).toBeLessThan(1_500)
    for (const resolve of late) resolve()

    expect(text).toMatch(/^size 2$/m)
    expect(errors).toHaveLength(20)
    expect((await scrape(50)).text).not.toMatch(/^level/m)
  })

  test('that are many and slow hold a scrape up little longer than one', async () => {
    const { provider, scrape } = createScrapedMeters(createRecordingReporter())
    for (let meter = 0; meter < 600; meter += 1) {
      const level = provider.getMeter(`meter ${meter}`).createObservableGauge('level')
      level.addCallback(async (result) => {
        await new Promise((resolve) => void setTimeout(resolve, 20))
        result.observe(1, { meter })
      })
    }
    const began = performance.now()
    const { text } = await scrape(60_000)

    expect(performance.now() - began).toBeLessThan(4_000)
    expect(text.match(/^level\{/gm)).toHaveLength(600)
  })

  test('may register others and throw what they like', async () => {
    const { meter, scrape } = start()
    const level = meter.createObservableGauge('level')
    const register = (): void => level.addCallback(() => register())
    register()
    level.addCallback((result) => {
      result.observe(1, revoked.proxy)
      result.observe(2, {
        get shop(): string {
          throw new Error('not for you')
        },
      })
    })

    expect(await scrape()).toEqual(['level 2'])
    expect(await scrape()).toEqual(['level 2'])
  })
})

test('two instruments of one name are one if they are alike', async () => {
  const { meter, text } = start()
  meter.createCounter('orders', { description: 'Orders.' }).add(1)
  meter.createCounter('Orders', { description: 'All orders.' }).add(1)
  meter.createCounter('orders', { valueType: ValueType.INT }).add(1)
  const level = meter.createObservableGauge('level')
  const same = meter.createObservableGauge('level')
  meter.addBatchObservableCallback((result) => result.observe(same, 5), [level])

  expect(await text()).toContain('# HELP orders_total All orders.\n# TYPE orders_total counter\n')
  expect(await text()).toMatch(/^orders_total 3$/m)
  expect(await text()).toMatch(/^level 5$/m)
})

test('a meter is known by its name, its version and its schema', () => {
  const { provider } = createScrapedMeters(createRecordingReporter())
  const meters = [
    provider.getMeter('a'),
    provider.getMeter('a', '1'),
    provider.getMeter('a', '', { schemaUrl: 'https://example.org/1' }),
    provider.getMeter(undefined as never, 5 as never, null as never),
  ]

  expect(new Set(meters).size).toBe(4)
  expect(provider.getMeter('a', '1')).toBe(meters[1])
})
