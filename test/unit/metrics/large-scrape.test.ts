import { metrics as api } from '@opentelemetry/api'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { counter, gauge, observableGauge } from '../../../src/metrics/definitions.ts'
import { upTo } from '../../../src/metrics/label-types.ts'
import type { MetersOptions } from '../../../src/metrics/meters-reader.ts'
import { createRecordingReporter } from '../support/recording-reporter.ts'
import { createScrapedMeters, type ScrapedMeters } from '../support/scraped-meters.ts'

const SERIES = 10_000
const description = 'x'

/** The catalogue of a process of its own, with what reads it. */
let catalogue: typeof import('../../../src/metrics/metrics.ts')
let reading: typeof import('../../../src/metrics/meters-reader.ts') &
  typeof import('../../../src/metrics/prometheus-reader.ts')

beforeEach(async () => {
  vi.resetModules()
  catalogue = await import('../../../src/metrics/metrics.ts')
  reading = {
    ...(await import('../../../src/metrics/meters-reader.ts')),
    ...(await import('../../../src/metrics/prometheus-reader.ts')),
  }
})

afterEach(() => {
  vi.restoreAllMocks()
  api.disable()
})

function createMeters(options: Partial<MetersOptions>): ScrapedMeters {
  return createScrapedMeters(createRecordingReporter(), options, reading)
}

/** Scrapes what is declared. */
async function scrape(lines: RegExp): Promise<Measured> {
  const meters = createMeters({ declared: [catalogue.CATALOGUE_METER] })
  api.setGlobalMeterProvider(meters.provider)
  catalogue.connectMetrics()
  return measure(meters, lines)
}

interface Measured {
  readonly series: number
  readonly turns: number
}

/** Scrapes by a clock that goes on by 0.2 ms each time that somebody looks; answers the turns of the event loop it took. */
async function measure(meters: ScrapedMeters, lines: RegExp): Promise<Measured> {
  // What was done before has had its turn: it went by another clock.
  await new Promise((resolve) => void setImmediate(resolve))
  let now = 0
  vi.spyOn(performance, 'now').mockImplementation(() => (now += 0.2))
  let turns = 0
  let next = setImmediate(function count() {
    turns += 1
    next = setImmediate(count)
  })
  const { text } = await meters.scrape(60_000)
  clearImmediate(next)
  return { series: text.match(lines)?.length ?? 0, turns }
}

/** Turns that so many steps must take, nearly: 8 steps lie between two looks at the clock, and six looks are more than 1 ms. */
const turnsOf = (steps: number): number => (steps / 8 / 6) * 0.95

// Steps of each series: handed over, read, found, compared with the others, written.
test('a counter with 10 000 series is scraped in pieces', async () => {
  const { requests } = catalogue.defineMetrics({
    requests: counter({ name: 'large_total', description, labels: { id: upTo(SERIES) } }),
  })
  for (let id = 0; id < SERIES; id += 1) requests.add(1, { id })
  const { series, turns } = await scrape(/^large_total\{/gm)

  expect(series).toBe(SERIES)
  expect(turns).toBeGreaterThan(turnsOf(5 * SERIES))
})

// Steps of each: observed, found, compared, written; of an observable gauge's also: kept.
test('so are 50 gauges and observable gauges with 200 series each, none of which is much', async () => {
  const labels = { id: upTo(200) }
  const ids = Array.from({ length: 200 }, (_, id) => id)
  const names = Array.from({ length: 25 }, (_, index) => `small_${index}`)
  const observe = (show: (value: number, labels: { id: number }) => void): void => {
    for (const id of ids) show(1, { id })
  }
  const gauges = catalogue.defineMetrics(
    Object.fromEntries(names.map((name) => [name, gauge({ name, description, labels })])),
  )
  for (const each of Object.values(gauges)) for (const id of ids) each.set(1, { id })
  catalogue.defineMetrics(
    Object.fromEntries(
      names.map((name) => [
        name,
        observableGauge({ name: `${name}_observed`, description, labels, observe }),
      ]),
    ),
  )
  const { series, turns } = await scrape(/^small_\d+(?:_observed)?\{/gm)

  expect(series).toBe(SERIES)
  expect(turns).toBeGreaterThan(turnsOf(4.5 * SERIES))
})

test('a gauge of which 10 000 series vanish at once lets them go in pieces', async () => {
  let ids = Array.from({ length: SERIES }, (_, id) => id)
  catalogue.defineMetrics({
    vanishing: observableGauge({
      name: 'vanishing',
      description,
      labels: { id: upTo(SERIES) },
      observe: (show) => {
        for (const id of ids) show(1, { id })
      },
    }),
  })
  expect((await scrape(/^vanishing\{/gm)).series).toBe(SERIES)
  vi.restoreAllMocks()
  api.disable()
  ids = []
  const { series, turns } = await scrape(/^vanishing\{/gm)

  expect(series).toBe(0)
  expect(turns).toBeGreaterThan(turnsOf(SERIES))
})

describe('what is not declared', () => {
  const allowed = { cardinalityLimit: SERIES + 1 }

  // Steps of each series: read, found, compared, written.
  test('is scraped in pieces too: a counter with 10 000 series', async () => {
    const meters = createMeters(allowed)
    const requests = meters.provider.getMeter('plain').createCounter('large')
    for (let id = 0; id < SERIES; id += 1) requests.add(1, { id })
    const { series, turns } = await measure(meters, /^large_total\{/gm)

    expect(series).toBe(SERIES)
    expect(turns).toBeGreaterThan(turnsOf(4 * SERIES))
  })

  // Steps of each: taken in, read, found, compared, written.
  test('so are 10 000 observed series, and the last of them when they are gone', async () => {
    const meters = createMeters(allowed)
    let left = SERIES
    meters.provider
      .getMeter('plain')
      .createObservableGauge('large')
      .addCallback((result) => {
        for (let id = 0; id < left; id += 1) result.observe(1, { id })
      })
    const all = await measure(meters, /^large\{/gm)
    vi.restoreAllMocks()
    left = 0
    const none = await measure(meters, /^large\{/gm)

    expect(all.series).toBe(SERIES)
    expect(all.turns).toBeGreaterThan(turnsOf(5 * SERIES))
    expect(none.series).toBe(0)
    expect(none.turns).toBeGreaterThan(turnsOf(SERIES))
  })

  // Steps of each: read, placed, found, compared, written.
  test('so are 10 000 counters with one series each', async () => {
    const meters = createMeters({})
    for (let counter = 0; counter < SERIES; counter += 1) {
      meters.provider
        .getMeter(`meter ${counter % 500}`)
        .createCounter(`large_${counter}`)
        .add(1)
    }
    const { series, turns } = await measure(meters, /^large_\d+_total /gm)

    expect(series).toBe(SERIES)
    expect(turns).toBeGreaterThan(turnsOf(5 * SERIES))
  })

  // Steps of each: asked, taken in, read, named, found, compared, written.
  test('so are 5 000 metrics with a callback each', async () => {
    const meters = createMeters(allowed)
    const meter = meters.provider.getMeter('plain')
    for (let id = 0; id < SERIES / 2; id += 1) {
      meter.createObservableGauge(`small_${id}`).addCallback((result) => result.observe(1))
    }
    const { series, turns } = await measure(meters, /^small_\d+ /gm)

    expect(series).toBe(SERIES / 2)
    expect(turns).toBeGreaterThan(turnsOf((7 * SERIES) / 2))
  })
})
