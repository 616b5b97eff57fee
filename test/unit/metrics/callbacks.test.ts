import type { Observable, ObservableResult } from '@opentelemetry/api'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { createPlainMeter } from '../support/plain-meter.ts'

afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

function startCounting() {
  const { meter, scrape } = createPlainMeter()
  const [a, b, c] = ['a', 'b', 'c'].map((name) => meter.createObservableGauge(name)) as [
    Observable,
    Observable,
    Observable,
  ]
  let asked = 0
  const count = (): void => void (asked += 1)
  const asks = async (): Promise<number> => {
    asked = 0
    await scrape()
    return asked
  }
  return { meter, a, b, c, count, asks }
}

describe('a callback is there once for the same metrics, whatever others are there', () => {
  test('fewer metrics, more of them, and as many others are not the same', async () => {
    const { meter, a, b, c, count, asks } = startCounting()
    for (const observables of [[a, b], [a], [a, b, c], [a, c], [b, c], [b]]) {
      meter.addBatchObservableCallback(count, observables)
    }
    a.addCallback(count)

    expect(await asks()).toBe(6)
  })

  test('to remove one that is not there takes nothing away', async () => {
    const { meter, a, b, c, count, asks } = startCounting()
    a.addCallback(count)
    meter.addBatchObservableCallback(count, [a, b])
    b.removeCallback(count)
    a.removeCallback(() => undefined)
    meter.removeBatchObservableCallback(count, [a, c])
    meter.removeBatchObservableCallback(count, [])
    expect(await asks()).toBe(2)
    a.removeCallback(count)

    expect(await asks()).toBe(1)
  })

  test('to remove one takes no other away', async () => {
    const { a, b, c, count, asks } = startCounting()
    for (const observable of [a, b, c]) observable.addCallback(count)
    a.removeCallback(count)
    expect(await asks()).toBe(2)
    c.removeCallback(count)

    expect(await asks()).toBe(1)
  })

  test.each(['x', null, undefined, {}, 5n])('%s is none, and that is said', async (callback) => {
    const { meter, scrape, reported } = createPlainMeter()
    const level = meter.createObservableGauge('level')
    level.addCallback(callback as never)
    meter.addBatchObservableCallback(callback as never, [level])

    expect((await scrape()).errors).toEqual([])
    expect(reported).toEqual([
      expect.stringMatching(
        /^telltale: a callback of an observable metric must be a function; got \S/,
      ),
    ])
  })
})

describe('a callback that does not come back', () => {
  test('is named, is not asked again before it has, and counts again then', async () => {
    const { meter, scrape, series } = createPlainMeter()
    let asked = 0
    const wait = Promise.withResolvers<void>()
    meter.createObservableGauge('level').addCallback(async (result) => {
      asked += 1
      result.observe(asked)
      if (asked === 1) await wait.promise
    })

    expect((await scrape(30)).errors.map(String)).toEqual([
      'CallbackError: level: it did not come back within 30 ms',
    ])
    const second = await scrape(30)
    expect(second.errors.map(String)).toEqual([
      'CallbackError: level: it has not come back from an earlier scrape',
    ])
    expect(second.text).not.toMatch(/^level/m)
    expect(asked).toBe(1)
    wait.resolve()
    await new Promise((resolve) => void setImmediate(resolve))

    expect(await series()).toEqual(['level 2'])
  })

  test('is not heard any more, however long it holds on to what it was given', async () => {
    const { meter, scrape, series, reported } = createPlainMeter()
    const held: ObservableResult[] = []
    meter.createObservableGauge('level').addCallback((result) => void held.push(result))
    meter.createObservableGauge('size').addCallback(async (result) => {
      held.push(result)
      await new Promise(() => undefined)
    })
    await scrape(30)
    for (const result of held) result.observe('no number' as never)

    expect(await series(30)).toEqual([])
    expect(reported).toEqual([])
  })

  test('holds up nothing but the scrape: a process may end meanwhile', async () => {
    const { meter, scrape } = createPlainMeter()
    meter.createObservableGauge('level').addCallback(() => new Promise(() => undefined))
    const timers = vi.spyOn(globalThis, 'setTimeout')
    await scrape(30)
    const held = timers.mock.results.map(({ value }) => (value as NodeJS.Timeout).hasRef())

    expect(held.length).toBeGreaterThan(0)
    expect(held).not.toContain(true)
  })
})

describe('callbacks are asked one after the other', () => {
  test('each when the one before it has come back', async () => {
    const { meter, scrape } = createPlainMeter()
    let [underWay, most, asked] = [0, 0, 0]
    for (let index = 0; index < 20; index += 1) {
      meter.createObservableGauge(`level_${index}`).addCallback(async () => {
        asked += 1
        underWay += 1
        most = Math.max(most, underWay)
        for (let step = 0; step < 5; step += 1) await Promise.resolve()
        underWay -= 1
      })
    }
    await scrape()

    expect([asked, most]).toEqual([20, 1])
  })

  test('or has taken 10 ms', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const { meter, scrape } = createPlainMeter()
    const asked: string[] = []
    for (const name of ['first', 'second']) {
      meter.createObservableGauge(name).addCallback(async () => {
        asked.push(name)
        await new Promise((resolve) => void setTimeout(resolve, 500))
      })
    }
    const scraped = scrape()
    await vi.advanceTimersByTimeAsync(9)
    const early = [...asked]
    await vi.advanceTimersByTimeAsync(1)
    const then = [...asked]
    await vi.advanceTimersByTimeAsync(1_000)
    await scraped

    expect([early, then]).toEqual([['first'], ['first', 'second']])
  })
})

describe('what a callback observes', () => {
  test('takes no room if the callback fails', async () => {
    const { meter, series, reported } = createPlainMeter({ cardinalityLimit: 3 })
    const level = meter.createObservableGauge('level')
    level.addCallback((result) => {
      for (let shop = 0; shop < 5; shop += 1) result.observe(1, { shop })
      throw new Error('no connection')
    })
    level.addCallback((result) => {
      for (const shop of ['a', 'b']) result.observe(2, { shop })
    })

    expect(await series()).toEqual(['level{shop="a"} 2', 'level{shop="b"} 2'])
    expect(reported).toEqual([])
  })

  test('has the labels that can be read', async () => {
    const { meter, series, reported } = createPlainMeter()
    meter.createObservableGauge('level').addCallback((result) => {
      result.observe(1, {
        shop: 'a',
        get broken(): string {
          throw new Error('not for you')
        },
      })
    })

    expect(await series()).toEqual(['level{shop="a"} 1'])
    expect(reported).toEqual([
      'telltale: metric level: attributes could not be read: not for you\n',
    ])
  })

  test.each([null, 'shop', 5, Object.assign(() => undefined, { shop: 'a' })])(
    'with %s for labels has none',
    async (labels) => {
      const { meter, series, reported } = createPlainMeter()
      const level = meter.createObservableGauge('level')
      level.addCallback((result) => result.observe(1, labels as never))

      expect(await series()).toEqual(['level 1'])
      expect(reported).toEqual([])
    },
  )

  test.each(['createObservableCounter', 'createObservableUpDownCounter'] as const)(
    'of %s beyond the bound is added up in each scrape anew',
    async (method) => {
      const { meter, series } = createPlainMeter({ cardinalityLimit: 2 })
      meter[method]('level').addCallback((result) => {
        for (const [shop, value] of [5, 3, 4].entries()) result.observe(value, { shop })
      })
      const name = method === 'createObservableCounter' ? 'level_total' : 'level'

      for (let times = 0; times < 2; times += 1) {
        expect(await series()).toEqual([
          `${name}{shop="0"} 5`,
          `${name}{otel_metric_overflow="true"} 7`,
        ])
      }
    },
  )
})
