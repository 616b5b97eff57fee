import { setImmediate } from 'node:timers/promises'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { createRedaction } from '../../../src/core/redaction.ts'
import { CATALOGUE_METER, OWN_METER } from '../../../src/metrics/metrics.ts'
import type { AllSettings } from '../../../src/settings.ts'
import { startMetrics } from '../../../src/wiring/metrics-signal.ts'
import { createRecordingReporter } from '../support/recording-reporter.ts'

afterEach(() => void vi.useRealTimers())

type Settings = AllSettings['metrics']

function start(options: Partial<Settings> = {}) {
  const reporter = createRecordingReporter()
  const signal = startMetrics(
    { exporters: ['prometheus'], scopeLabels: false, cardinalityLimit: 2_000, ...options },
    resourceFromAttributes({ 'service.name': 'shop' }),
    createRedaction(),
    reporter,
  )
  return {
    ...signal,
    scrape: async () => (await signal.scrape()).join(''),
    meter: signal.provider.getMeter('shop', '1.2'),
    reported: reporter.lines,
  }
}

/** Series of a counter that was given 2 005. */
async function seriesOf(meter: string, options: Partial<Settings>): Promise<number> {
  const { provider, scrape } = start(options)
  const orders = provider.getMeter(meter).createCounter('orders')
  for (let shop = 0; shop < 2_005; shop += 1) orders.add(1, Object.freeze({ shop }))
  return (await scrape()).match(/^orders_total\{/gm)!.length
}

function servers(): number {
  return process.getActiveResourcesInfo().filter((each) => each === 'TCPServerWrap').length
}

/** Lets everything run that waits for no turn of the event loop. */
async function drainMicrotasks(): Promise<void> {
  await new Promise<void>((resolve) => {
    process.nextTick(resolve)
  })
}

describe('the text', () => {
  test('has the labels of the resource, and no scope unless that is wished', async () => {
    const { meter, scrape } = start()
    meter.createCounter('orders').add(1)

    expect(await scrape()).toMatch(/^target_info\{service_name="shop"\} 1$/m)
    expect(await scrape()).toMatch(/^orders_total 1$/m)
  })

  test('has name and version of the meter where that is wished', async () => {
    const { meter, scrape } = start({ scopeLabels: true })
    meter.createCounter('orders').add(1)

    expect(await scrape()).toMatch(
      /^orders_total\{otel_scope_name="shop",otel_scope_version="1\.2"\} 1$/m,
    )
  })

  test('has no secret that became a label', async () => {
    const { meter, scrape } = start()
    meter.createCounter('orders').add(1, { by: 'postgresql://app:letmein1@db/shop' })

    expect(await scrape()).toMatch(/^orders_total\{by="postgresql:/m)
    expect(await scrape()).not.toContain('letmein1')
  })

  test('says that metrics are off; the meter is there and measures nothing', async () => {
    const { meter, scrape, shutdown } = start({ exporters: ['none'] })
    meter.createCounter('orders').add(1)

    expect(await scrape()).toBe('# metrics are turned off by OTEL_METRICS_EXPORTER\n')
    await shutdown()
  })
})

describe('the bound on series', () => {
  test.each([
    [7, 7],
    [2_000, 2_000],
    [2_010, 2_005],
  ])('is the one that is set: %d', async (cardinalityLimit, series) => {
    expect(await seriesOf('shop', { cardinalityLimit })).toBe(series)
  })

  test.each([CATALOGUE_METER, OWN_METER])('is none for %s', async (meter) => {
    expect(await seriesOf(meter, { cardinalityLimit: 7 })).toBe(2_005)
  })

  test('is not missed by metrics of ours: equal labels are one series, be they new and frozen each time', async () => {
    const { provider, scrape, reported } = start()
    const orders = provider.getMeter(OWN_METER).createCounter('orders')
    for (let count = 0; count < 2; count += 1) orders.add(1, Object.freeze({ shop: 'a' }))

    expect(await scrape()).toMatch(/^orders_total\{shop="a"\} 2$/m)
    expect(reported).toEqual([])
  })
})

describe('a scrape', () => {
  test('begins in a turn of its own', async () => {
    const { meter, scrape } = start()
    let asked = 0
    meter.createObservableGauge('level').addCallback(() => void (asked += 1))
    const scraped = scrape()
    await drainMicrotasks()
    const askedAtOnce = asked
    await scraped

    expect([askedAtOnce, asked]).toEqual([0, 1])
  })

  test('is the same for all who ask while it is under way, and a new one afterwards', async () => {
    const { meter, scrape } = start()
    let asked = 0
    meter.createObservableGauge('level').addCallback((result) => {
      asked += 1
      result.observe(asked)
    })
    const [first, second] = await Promise.all([scrape(), scrape()])

    expect(first).toMatch(/^level 1$/m)
    expect(second).toBe(first)
    expect(await scrape()).toMatch(/^level 2$/m)
  })

  test('tells of each metric whose callback fails once, whatever the reasons are', async () => {
    const { meter, scrape, reported } = start()
    let times = 0
    for (const name of ['level', 'size']) {
      meter.createObservableGauge(name).addCallback(() => {
        times += 1
        throw new Error(`no connection ${times}`)
      })
    }
    for (let count = 0; count < 3; count += 1) await scrape()

    expect(times).toBe(6)
    expect(reported).toEqual([
      'telltale: a metric callback failed: level: no connection 1\n',
      'telltale: a metric callback failed: size: no connection 2\n',
    ])
  })

  test('waits 5 s for a callback that hangs', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const { meter, scrape, reported } = start()
    meter.createObservableGauge('level').addCallback(() => new Promise(() => undefined))
    meter.createCounter('orders').add(1)
    let text: string | undefined
    void scrape().then((scraped) => (text = scraped))
    for (let seconds = 0; seconds < 7; seconds += 1) {
      await vi.advanceTimersByTimeAsync(1_000)
      // The scrape's own turns are real ones.
      for (let turn = 0; turn < 5; turn += 1) await setImmediate()
    }

    expect(text).toMatch(/^orders_total 1$/m)
    expect(reported).toEqual([
      'telltale: a metric callback failed: level: it did not come back within 5000 ms\n',
    ])
  })

  test('rejects after the end', async () => {
    const { meter, scrape, shutdown } = start()
    let asked = 0
    meter.createObservableGauge('level').addCallback(() => void (asked += 1))
    await shutdown()

    await expect(scrape()).rejects.toThrow(/shutdown/i)
    expect(asked).toBe(0)
  })
})

test('no port is opened: who serves the text is decided elsewhere', async () => {
  const before = servers()
  const { scrape, shutdown } = start()
  await scrape()

  expect(servers()).toBe(before)
  await shutdown()
})
