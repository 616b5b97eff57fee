import { metrics as api } from '@opentelemetry/api'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import {
  counter,
  gauge,
  histogram,
  observableGauge,
  upDownCounter,
} from '../../../src/metrics/definitions.ts'
import { upTo } from '../../../src/metrics/label-types.ts'
import { createRecordingReporter, type RecordingReporter } from '../support/recording-reporter.ts'
import { createScrapedMeters } from '../support/scraped-meters.ts'

/** The catalogue of a process of its own. */
let catalogue: typeof import('../../../src/metrics/metrics.ts')
let reporter: RecordingReporter

beforeEach(async () => {
  vi.resetModules()
  catalogue = await import('../../../src/metrics/metrics.ts')
  reporter = createRecordingReporter()
  catalogue.setMetricsReporter(reporter)
})

afterEach(() => api.disable())

/** Puts a provider behind the API, as init() does, and reads what /metrics would show. */
function startProvider(): (pattern?: RegExp) => Promise<string[]> {
  const meters = createScrapedMeters(reporter, { declared: [catalogue.CATALOGUE_METER] })
  api.setGlobalMeterProvider(meters.provider)
  catalogue.connectMetrics()
  return async (pattern = /^(?!#|target_info|telltale_|$)/) => {
    const { text, errors } = await meters.scrape(50)
    for (const error of errors) reporter.once(String(error), String(error))
    return text.split('\n').filter((line) => pattern.test(line))
  }
}

const orders = counter({
  name: 'orders_total',
  description: 'Orders.',
  labels: { state: ['paid', 'open'], shop: upTo(2) },
})

function defineThree() {
  return catalogue.defineMetrics({
    orders,
    size: histogram({
      name: 'size',
      description: 'x',
      buckets: [1],
      labels: { shop: upTo(1), state: ['paid'] },
    }),
    cost: gauge({
      name: 'cost',
      description: 'x',
      labels: { tenant: upTo(2), service: ['compute'] },
    }),
  })
}

function defineCost() {
  return catalogue.defineMetrics({
    cost: gauge({
      name: 'cost',
      description: 'x',
      labels: { tenant: upTo(2), service: ['compute', 'storage'] },
    }),
  })
}

function defineUp(value: number) {
  return catalogue.defineMetrics({
    up: observableGauge({
      name: 'up_now',
      description: 'x',
      observe: (observe) => observe(value),
    }),
  })
}

describe('whenever init() comes', () => {
  test.each(['before', 'after'])('metrics declared %s it are exposed', async (when) => {
    const start = when === 'after' ? startProvider() : undefined
    const metrics = catalogue.defineMetrics({
      orders,
      carts: upDownCounter({ name: 'carts', description: 'Carts.' }),
      cost: gauge({ name: 'cost_usd', description: 'Cost.', labels: { tenant: upTo(5) } }),
      size: histogram({ name: 'size_bytes', unit: 'By', description: 'Size.', buckets: [10, 20] }),
      up: observableGauge({ name: 'up_now', description: 'Up.', observe: (observe) => observe(1) }),
    })
    metrics.orders.add(2, { state: 'paid', shop: 'a' })
    metrics.carts.add(3)
    metrics.carts.add(-1)
    metrics.cost.set(4.2, { tenant: 't' })
    const read = start ?? startProvider()
    metrics.orders.add(1, { state: 'paid', shop: 'a' })
    metrics.size.record(15)

    expect(await read()).toEqual([
      'orders_total{shop="a",state="paid"} 3',
      'carts 2',
      'cost_usd{tenant="t"} 4.2',
      'size_bytes_count 1',
      'size_bytes_sum 15',
      'size_bytes_bucket{le="10"} 0',
      'size_bytes_bucket{le="20"} 1',
      'size_bytes_bucket{le="+Inf"} 1',
      'up_now 1',
    ])
  })
})

describe('a metric exists from the start', () => {
  const state = ['paid', 'open'] as const
  const at = (name: string, kind: typeof counter | typeof upDownCounter): void => {
    catalogue.defineMetrics({ metric: kind({ name, description: 'x', labels: { state } }) })
  }

  test.each(['before', 'after'])('with listed labels at 0, declared %s init()', async (when) => {
    const early = when === 'after' ? startProvider() : undefined
    at('orders_total', counter)
    at('orders', upDownCounter)
    catalogue.defineMetrics({
      size: histogram({
        name: 'size',
        description: 'x',
        buckets: [1],
        labels: { state: ['paid'] },
      }),
      alone: counter({ name: 'alone_total', description: 'x' }),
    })
    const read = early ?? startProvider()

    expect(await read()).toEqual([
      'orders_total{state="paid"} 0',
      'orders_total{state="open"} 0',
      'orders{state="paid"} 0',
      'orders{state="open"} 0',
      'size_count{state="paid"} 0',
      'size_sum{state="paid"} 0',
      'size_bucket{state="paid",le="1"} 0',
      'size_bucket{state="paid",le="+Inf"} 0',
      'alone_total 0',
    ])
  })

  test('but not one with open labels, nor a gauge that was not set', async () => {
    catalogue.defineMetrics({ orders, cost: gauge({ name: 'cost', description: 'x' }) })

    expect(await startProvider()()).toEqual([])
  })

  test('and after a second init() it begins at 0 again', async () => {
    const { alone } = catalogue.defineMetrics({
      alone: counter({ name: 'alone_total', description: 'x' }),
    })
    const first = startProvider()
    alone.add(5)
    expect(await first()).toEqual(['alone_total 5'])
    api.disable()
    alone.add(1)

    const second = startProvider()

    expect(await second()).toEqual(['alone_total 1'])
  })
})

describe('labels outside the list or beyond the bound', () => {
  test('are folded into other by a counter and a histogram', async () => {
    const read = startProvider()
    const { orders, size } = defineThree()
    for (const shop of ['a', 'b', 'c', 'd', 'other']) orders.add(1, { state: 'paid', shop })
    orders.add(1, { state: 'lost' as 'paid', shop: 'a' })
    for (const shop of ['a', 'b']) size.record(1, { shop, state: 'paid' })

    expect(await read(/^(?:orders|size_count)/)).toEqual([
      'orders_total{shop="a",state="paid"} 1',
      'orders_total{shop="b",state="paid"} 1',
      'orders_total{shop="other",state="paid"} 3',
      'orders_total{shop="a",state="other"} 1',
      'size_count{shop="a",state="paid"} 1',
      'size_count{shop="other",state="paid"} 1',
    ])
    expect(await read(/^telltale_metrics_measurements_folded/)).toEqual([
      'telltale_metrics_measurements_folded_total{metric="orders_total"} 3',
      'telltale_metrics_measurements_folded_total{metric="size"} 1',
      'telltale_metrics_measurements_folded_total{metric="cost"} 0',
    ])
  })

  test('leave a series of a gauge out', async () => {
    const read = startProvider()
    const { cost } = defineThree()
    for (const tenant of ['a', 'b', 'c', 'd']) cost.set(1, { tenant, service: 'compute' })
    cost.set(9, { tenant: 'a', service: 'network' as 'compute' })

    expect(await read(/^cost/)).toEqual([
      'cost{service="compute",tenant="a"} 1',
      'cost{service="compute",tenant="b"} 1',
    ])
    expect(await read(/^telltale_metrics_(?:measurements_dropped|series).*"cost"/)).toEqual([
      'telltale_metrics_series{metric="cost"} 2',
      'telltale_metrics_measurements_dropped_total{metric="cost"} 3',
    ])
  })

  test('are said once for each label and reason', () => {
    const { orders, cost } = defineThree()
    for (let count = 0; count < 50; count += 1) {
      orders.add(1, { state: 'paid', shop: `s${count}` })
      orders.add(1, { state: 'lost' as 'paid', shop: 's0' })
      cost.set(1, { tenant: `t${count}`, service: 'compute' })
    }

    expect(reporter.lines).toEqual([
      'telltale: metric orders_total: the label "state" has a value that is not in its list; what has it is counted as "other"\n',
      'telltale: metric orders_total: the label "shop" has more values than its bound allows; what has it is counted as "other"\n',
      'telltale: metric cost: the label "tenant" has more values than its bound allows; series that have it are left out, and counted in telltale_metrics_measurements_dropped_total\n',
    ])
  })

  test('never make more series than maxSeries, whatever the bounds multiply to', async () => {
    const read = startProvider()
    const { many, few } = catalogue.defineMetrics({
      many: counter({
        name: 'many_total',
        description: 'x',
        labels: { a: upTo(100), b: upTo(100), kind: ['x', 'y'] },
        maxSeries: 50,
      }),
      few: gauge({
        name: 'few',
        description: 'x',
        labels: { a: upTo(9), b: upTo(9) },
        maxSeries: 5,
      }),
    })
    for (let count = 0; count < 1_000; count += 1) {
      many.add(1, { a: count % 97, b: count % 89, kind: count % 2 ? 'x' : 'y' })
      few.set(count, { a: count % 9, b: count % 7 })
    }

    const lines = await read(/^many/)
    expect(lines).toHaveLength(52)
    expect(lines.filter((line) => line.includes('a="other",b="other"'))).toHaveLength(2)
    expect(await read(/^few/)).toHaveLength(5)
  })

  test('cost bounded memory: 100 000 different values leave no more than the bound', async () => {
    const read = startProvider()
    const { orders } = defineThree()
    for (let count = 0; count < 100_000; count += 1) {
      orders.add(1, { state: 'open', shop: `shop-${count}` })
    }

    expect(await read(/^orders/)).toHaveLength(3)
    expect(await read(/^telltale_metrics_series.*orders/)).toEqual([
      'telltale_metrics_series{metric="orders_total"} 3',
    ])
  })
})

describe('whatever an application hands over', () => {
  const cyclic: Record<string, unknown> = {}
  cyclic['self'] = cyclic
  const { proxy, revoke } = Proxy.revocable({}, {})
  revoke()
  const throwing = {
    toString: () => {
      throw new Error('no text')
    },
  }

  test.each([
    ['nothing', undefined],
    ['null', null],
    ['an object', {}],
    ['a cyclic object', cyclic],
    ['an object whose toString throws', throwing],
    ['a symbol', Symbol('s')],
    ['a function', () => 1],
    ['a text of a million characters', 'x'.repeat(1_000_000)],
    ['a revoked proxy', proxy],
  ])('the label %s is other', async (_what, shop) => {
    const read = startProvider()
    const { orders: instrument } = catalogue.defineMetrics({ orders })
    instrument.add(1, { state: 'paid', shop: shop as string })

    expect(await read()).toEqual(['orders_total{shop="other",state="paid"} 1'])
    expect(reporter.lines).toHaveLength(1)
  })

  test.each([
    ['a number', 404, '404'],
    ['a boolean', true, 'true'],
    ['a bigint', 5n, '5'],
    ['an empty text', '', ''],
    ['a line break', 'a\nb', 'a\\nb'],
    ['half a character', 'a\ud800', 'a\ufffd'],
    ['a name of the prototype', '__proto__', '__proto__'],
  ])('the label %s is taken as text', async (_what, shop, text) => {
    const read = startProvider()
    const { orders: instrument } = catalogue.defineMetrics({ orders })
    instrument.add(1, { state: 'paid', shop: shop as string })
    instrument.add(1, { state: 'paid', shop: shop as string })

    expect(await read()).toEqual([`orders_total{shop="${text}",state="paid"} 2`])
    expect(reporter.lines).toEqual([])
  })

  test.each([
    ['no labels at all', undefined],
    ['null', null],
    ['a text', 'paid'],
    ['labels that are all misspelt', { stat: 'paid', shops: 'a' }],
  ])('%s is counted as other', async (_what, labels) => {
    const read = startProvider()
    const { orders: instrument } = catalogue.defineMetrics({ orders })
    instrument.add(1, labels as never)

    expect(await read()).toEqual(['orders_total{shop="other",state="other"} 1'])
  })

  test('a getter that throws costs the measurement, and is said once', async () => {
    const read = startProvider()
    const { orders: instrument } = catalogue.defineMetrics({ orders })
    const labels = {
      state: 'paid',
      get shop(): string {
        throw new Error('not now')
      },
    } as const
    for (let count = 0; count < 3; count += 1) instrument.add(1, labels)

    expect(await read()).toEqual([])
    expect(reporter.lines).toEqual([
      'telltale: metric orders_total: its labels could not be read (not now); the measurement is left out\n',
    ])
    expect(await read(/^telltale.*refused_total/)).toEqual([
      'telltale_metrics_measurements_refused_total{metric="orders_total"} 3',
    ])
  })

  test.each([Number.NaN, Infinity, -Infinity, -1, '5', 5n, undefined, null, {}])(
    'the value %s is left out of a counter and a histogram, counted and said once',
    async (value) => {
      const read = startProvider()
      const { sum, size } = catalogue.defineMetrics({
        sum: counter({ name: 'sum_total', description: 'x' }),
        size: histogram({ name: 'size', description: 'x', buckets: [1] }),
      })
      for (let count = 0; count < 3; count += 1) {
        sum.add(value as number)
        size.record(value as number)
      }

      expect(await read(/^(?:sum|size_count|size_sum)/)).toEqual([
        'sum_total 0',
        'size_count 0',
        'size_sum 0',
      ])
      expect(await read(/^telltale.*refused_total/)).toEqual([
        'telltale_metrics_measurements_refused_total{metric="sum_total"} 3',
        'telltale_metrics_measurements_refused_total{metric="size"} 3',
      ])
      expect(reporter.lines).toHaveLength(2)
    },
  )

  test('a gauge that is set to what is no number loses that series and no other', async () => {
    const read = startProvider()
    const { cost } = catalogue.defineMetrics({
      cost: gauge({ name: 'cost', description: 'x', labels: { tenant: upTo(9) } }),
    })
    cost.set(1, { tenant: 'a' })
    cost.set(-2, { tenant: 'b' })
    cost.set(Number.NaN, { tenant: 'b' })
    cost.set(Number.NaN, undefined as never)

    expect(await read()).toEqual(['cost{tenant="a"} 1'])
  })

  test('what nobody could be told before init() is told then, once', async () => {
    vi.resetModules()
    catalogue = await import('../../../src/metrics/metrics.ts')
    const { sum } = catalogue.defineMetrics({ sum: counter({ name: 's_total', description: 'x' }) })
    sum.add(-1)
    sum.add(-1)

    catalogue.setMetricsReporter(reporter)
    sum.add(-1)

    expect(reporter.lines).toHaveLength(1)
  })
})

describe('series that vanish', () => {
  test('a removed tenant leaves /metrics with all its series, and makes room for another', async () => {
    const read = startProvider()
    const { cost } = defineCost()
    for (const tenant of ['a', 'b']) {
      for (const service of ['compute', 'storage'] as const) cost.set(1, { tenant, service })
    }
    expect(await read()).toHaveLength(4)

    expect(cost.remove({ tenant: 'a' })).toBe(2)
    cost.set(3, { tenant: 'c', service: 'compute' })

    expect(await read()).toEqual([
      'cost{service="compute",tenant="b"} 1',
      'cost{service="storage",tenant="b"} 1',
      'cost{service="compute",tenant="c"} 3',
    ])
    expect(reporter.lines).toEqual([])
  })

  test.each([
    ['one series', { tenant: 'a', service: 'compute' } as const, 1],
    ['all of a listed value', { service: 'storage' } as const, 2],
    ['all', undefined, 4],
    ['none that is not there', { tenant: 'z' }, 0],
    ['none for a label that the gauge does not have', { vm: 'x' }, 0],
    ['none for a label without a value', { tenant: undefined }, 0],
    ['none for what is no labels: a text', 'a', 0],
    ['none for a number', 5, 0],
    ['none for null', null, 0],
    ['none for a function', () => ({ tenant: 'a' }), 0],
    ['none for a list', [], 0],
    ['none for a map, whose entries are no labels', new Map([['tenant', 'a']]), 0],
  ])('remove() takes %s', (_what, labels, removed) => {
    const { cost } = defineCost()
    for (const tenant of ['a', 'b']) {
      for (const service of ['compute', 'storage'] as const) cost.set(1, { tenant, service })
    }

    expect(cost.remove(labels as object)).toBe(removed)
    expect(cost.remove()).toBe(4 - removed)
  })

  test('a gauge without labels can be removed and set again', async () => {
    const read = startProvider()
    const { up } = catalogue.defineMetrics({ up: gauge({ name: 'up_now', description: 'x' }) })
    up.set(1)
    expect(up.remove()).toBe(1)
    expect(await read()).toEqual([])
    up.set(2)
    expect(await read()).toEqual(['up_now 2'])
  })

  test('what an observable gauge observes no more is gone, and 1 000 000 machines over time cost no room', async () => {
    const read = startProvider()
    let turn = 0
    catalogue.defineMetrics({
      machines: observableGauge({
        name: 'machines',
        description: 'x',
        labels: { vm: upTo(1_000) },
        observe(observe) {
          for (let vm = 0; vm < 1_000; vm += 1) observe(turn, { vm: `${turn}-${vm}` })
        },
      }),
    })
    for (turn = 0; turn < 1_000; turn += 100) await read()

    const lines = await read()

    expect(lines).toHaveLength(1_000)
    expect(lines.every((line) => line.includes(`vm="${turn}-`))).toBe(true)
    expect(reporter.lines).toEqual([])
  })

  test('a callback that throws costs its own series, for that scrape, and is reported', async () => {
    const read = startProvider()
    let fails = false
    catalogue.defineMetrics({
      pools: observableGauge({
        name: 'pools',
        description: 'x',
        labels: { pool: upTo(5) },
        observe(observe) {
          observe(1, { pool: 'a' })
          if (fails) throw new Error('no connection')
          observe(2, { pool: 'b' })
        },
      }),
      alone: counter({ name: 'alone_total', description: 'x' }),
    })
    expect(await read()).toHaveLength(3)
    fails = true

    expect(await read()).toEqual(['alone_total 0'])
    expect(await read(/^telltale.*refused.*pools/)).toEqual([
      'telltale_metrics_measurements_refused_total{metric="pools"} 1',
    ])
    fails = false
    expect(await read()).toHaveLength(3)
    expect(reporter.lines).toEqual(['telltale: CallbackError: pools: no connection\n'])
  })

  test('a callback that hangs holds one scrape up, and is not asked again meanwhile', async () => {
    const read = startProvider()
    let asked = 0
    let release: (() => void) | undefined
    catalogue.defineMetrics({
      hanging: observableGauge({
        name: 'hanging',
        description: 'x',
        observe: () => {
          asked += 1
          return new Promise((resolve) => {
            release = resolve
          })
        },
      }),
      alone: counter({ name: 'alone_total', description: 'x' }),
    })

    expect(await read()).toEqual(['alone_total 0'])
    expect(await read()).toEqual(['alone_total 0'])
    expect(asked).toBe(1)
    release?.()
    await new Promise(setImmediate)
    await read()
    expect(asked).toBe(2)
  })

  test('an observable gauge that is declared again asks the new callback only', async () => {
    const read = startProvider()
    const first = defineUp(1)
    const second = defineUp(2)

    expect(second.up).toBe(first.up)
    expect(await read()).toEqual(['up_now 2'])
  })
})

test('a value in a list that is no valid text is counted as the list has it', async () => {
  const read = startProvider()
  const { orders: counted } = catalogue.defineMetrics({
    orders: counter({ name: 'orders_total', description: 'x', labels: { shop: ['\ud800', 'b'] } }),
  })
  counted.add(1, { shop: '\ud800' })

  expect(await read()).toEqual(['orders_total{shop="\ufffd"} 1', 'orders_total{shop="b"} 0'])
  expect(reporter.lines).toEqual([])
})

test.each([Object.create(null), undefined, Symbol('s')])(
  'a callback that throws %s costs its own series only',
  async (thrown) => {
    const read = startProvider()
    catalogue.defineMetrics({
      bad: observableGauge({
        name: 'bad',
        description: 'x',
        observe: () => {
          throw thrown
        },
      }),
      alone: counter({ name: 'alone_total', description: 'x' }),
    })

    expect(await read()).toEqual(['alone_total 0'])
    expect(reporter.lines).toHaveLength(1)
  },
)

describe('two copies of the package', () => {
  test('declare the same metric, and both count in it', async () => {
    const read = startProvider()
    const second = await secondCopy()
    const both = [catalogue, second].map((copy) =>
      copy.defineMetrics({ a: counter({ name: 'orders_total', description: 'x' }) }),
    )
    for (const { a } of both) a.add(2)

    expect(await read()).toEqual(['orders_total 4'])
  })

  test('that disagree about a kind leave the first one as it is, and nothing throws', async () => {
    const read = startProvider()
    const second = await secondCopy()
    catalogue.defineMetrics({
      orders: counter({ name: 'orders_total', description: 'x' }),
      level: observableGauge({ name: 'level', description: 'x', observe: (see) => see(1) }),
      size: histogram({ name: 'size', description: 'x', buckets: [1] }),
    })
    const {
      orders: other,
      level,
      size,
    } = second.defineMetrics({
      orders: observableGauge({ name: 'orders_total', description: 'x', observe: (see) => see(7) }),
      level: upDownCounter({ name: 'level', description: 'x' }),
      size: upDownCounter({ name: 'size', description: 'x' }),
    })
    level.add(5)
    size.add(5)

    expect(other.definition.kind).toBe('observableGauge')
    expect(await read(/^(?:orders_total|level|size|size_count) /)).toEqual([
      'orders_total 0',
      'level 1',
      'size_count 0',
    ])
  })
})

async function secondCopy(): Promise<typeof catalogue> {
  vi.resetModules()
  const second = await import('../../../src/metrics/metrics.ts')
  expect(second).not.toBe(catalogue)
  return second
}

describe('a label that is not declared', () => {
  const given = { state: 'paid', shop: 'a', tenant: 't' } as const

  test('is left out and said once for each metric, also where a series is there before', async () => {
    const read = startProvider()
    const metrics = catalogue.defineMetrics({
      listed: counter({ name: 'listed_total', description: 'x', labels: { state: ['paid'] } }),
      plain: counter({ name: 'plain_total', description: 'x' }),
      orders,
      size: histogram({
        name: 'size',
        description: 'x',
        buckets: [1],
        labels: { state: ['paid'] },
      }),
      cost: gauge({ name: 'cost', description: 'x', labels: { tenant: upTo(2) } }),
    })
    for (let times = 0; times < 3; times += 1) {
      metrics.listed.add(1, given)
      ;(metrics.plain.add as (value: number, labels: object) => void)(1, given)
      metrics.orders.add(1, given)
      metrics.size.record(1, given)
      metrics.cost.set(1, given)
    }

    expect(await read(/^(listed|plain|orders|size_count|cost)/)).toEqual(
      expect.arrayContaining([
        'listed_total{state="paid"} 3',
        'plain_total 3',
        'orders_total{shop="a",state="paid"} 3',
        'size_count{state="paid"} 3',
        'cost{tenant="t"} 1',
      ]),
    )
    expect(reporter.lines.toSorted()).toEqual([
      'telltale: metric cost: the label "state" is not declared; it is left out wherever it is given\n',
      'telltale: metric listed_total: the label "shop" is not declared; it is left out wherever it is given\n',
      'telltale: metric orders_total: the label "tenant" is not declared; it is left out wherever it is given\n',
      'telltale: metric plain_total: the label "state" is not declared; it is left out wherever it is given\n',
      'telltale: metric size: the label "shop" is not declared; it is left out wherever it is given\n',
    ])
    expect(await read(/^telltale_metrics_measurements_.*\} [1-9]/)).toEqual([])
  })
})

test('many observable gauges that hang hold a scrape up no longer than one', async () => {
  const read = startProvider()
  const hanging = Array.from({ length: 60 }, (_, index) => [
    `hanging${index}`,
    observableGauge({
      name: `hanging_${index}`,
      description: 'Hangs.',
      observe: () => new Promise<void>(() => undefined),
    }),
  ])
  catalogue.defineMetrics(Object.fromEntries(hanging) as Record<string, ReturnType<typeof gauge>>)
  catalogue.defineMetrics({
    last: observableGauge({
      name: 'last_asked',
      description: 'Asked after all that hang.',
      observe: async (observe) => {
        await new Promise((resolve) => setTimeout(resolve, 1))
        observe(1)
      },
    }),
  })
  const startedAt = performance.now()

  // One after the other would be 60 x 50 ms.
  expect(await read(/^last_asked/)).toEqual(['last_asked 1'])
  expect(performance.now() - startedAt).toBeLessThan(1_500)
})
