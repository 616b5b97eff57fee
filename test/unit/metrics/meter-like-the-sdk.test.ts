import {
  ValueType,
  type Attributes,
  type BatchObservableResult,
  type Meter,
  type Observable,
  type ObservableResult,
} from '@opentelemetry/api'
import { PrometheusExporter } from '@opentelemetry/exporter-prometheus'
import { MeterProvider } from '@opentelemetry/sdk-metrics'
import { expect, test } from 'vitest'
import { createPrometheusText } from '../../../src/metrics/prometheus-reader.ts'
import { createRecordingReporter } from '../support/recording-reporter.ts'
import { createScrapedMeters } from '../support/scraped-meters.ts'

/** What one sees of a meter. */
interface Side {
  readonly meter: Meter
  scrape(): Promise<string[]>
}

type Measure = (value: number, attributes?: Attributes) => void

const MEASURING = [
  'createCounter',
  'createUpDownCounter',
  'createHistogram',
  'createGauge',
] as const
const OBSERVED = [
  'createObservableCounter',
  'createObservableUpDownCounter',
  'createObservableGauge',
] as const
const PROGRAMS = 200
const STEPS = 120

/** Numbers that are the same at each run. */
function createRandom(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

/**
 * Two infinities that are observed one after the other are no number to the SDK, which takes one from the other; and it takes less
 * than 0 of what only goes up.
 */
function toObserved(value: number, method: (typeof OBSERVED)[number]): number {
  if (!Number.isFinite(value)) return 4
  return method === 'createObservableCounter' ? Math.abs(value) : value
}

const toLines = (pieces: readonly string[]): string[] => pieces.join('').split('\n').toSorted()

function ours(): Side {
  const { provider, scrape } = createScrapedMeters(createRecordingReporter())
  return { meter: provider.getMeter('m'), scrape: async () => toLines([(await scrape()).text]) }
}

function theSdk(): Side {
  const reader = new PrometheusExporter({ preventServerStart: true })
  const meter = new MeterProvider({ readers: [reader] }).getMeter('m')
  const toText = createPrometheusText({ scopeLabels: false }, createRecordingReporter())
  return {
    meter,
    scrape: async () => toLines(await toText((await reader.collect()).resourceMetrics)),
  }
}

/** What an application may do, done to both. */
function createProgram(seed: number, sides: readonly Side[]) {
  const random = createRandom(seed)
  const one = <Item>(items: readonly Item[]): Item => items[random(items.length)]!
  const measures: Measure[][] = []
  const observables: { readonly method: (typeof OBSERVED)[number]; readonly both: Observable[] }[] =
    []
  let callbacks = 0
  const seen = sides.map(() => 0)

  function attributes(): Attributes | undefined {
    if (random(8) === 0) return undefined
    const entries = [
      ['route', one(['/a', '/b', 'é', '"quoted"', 'a\nb', ''])],
      ['status', one<string | number>([200, '200', 404, -0, 0.5])],
      ['ok', one([true, false])],
      ['tags', one([['a', 'b'], ['a'], [], 'a'])],
      // Values that are those of another label, too.
      ['state', one<string | number | boolean>(['/a', 200, true, 'a'])],
    ] as const
    const chosen = entries.filter(() => random(2) === 0)
    // The same labels in another order are the same series.
    return Object.fromEntries(random(2) === 0 ? chosen : chosen.toReversed()) as Attributes
  }

  /** Which callback is asked first is not the same, nor has it to be. */
  function ofOneCallback(): Attributes {
    callbacks += 1
    return { ...attributes(), callback: callbacks }
  }

  function value(): number {
    return one([0, 1, 3, 7.5, 250, 1e12, -2, -0.5, Infinity, 0.125])
  }

  function name(): string {
    return `metric_${random(12)}`
  }

  function options() {
    return {
      description: one(['', 'Short.', 'Somewhat longer.']),
      unit: one(['', 's', 'By', '1', '%']),
      valueType: one([ValueType.INT, ValueType.DOUBLE, ValueType.DOUBLE]),
      advice: one([
        {},
        { explicitBucketBoundaries: [5, 1, 250] },
        { explicitBucketBoundaries: [] },
      ]),
    }
  }

  const steps: (() => void)[] = [
    () => {
      const [method, named, given] = [one(MEASURING), name(), options()]
      measures.push(
        sides.map(({ meter }) => {
          const made = meter[method](named, given) as { add?: Measure; record?: Measure }
          return (made.add ?? made.record)!.bind(made)
        }),
      )
    },
    () => {
      const [method, named, given] = [one(OBSERVED), name(), options()]
      observables.push({ method, both: sides.map(({ meter }) => meter[method](named, given)) })
    },
    () => {
      if (observables.length === 0) return
      const { method, both } = one(observables)
      const [told, labels] = [toObserved(value(), method), ofOneCallback()]
      const further = { ...labels, further: random(2) }
      for (const [side] of sides.entries()) {
        const callback = (result: ObservableResult): void => {
          seen[side]! += 1
          result.observe(told, labels)
          result.observe(told + 1, further)
        }
        for (let times = 0; times < 2; times += 1) both[side]!.addCallback(callback)
      }
    },
    () => {
      if (observables.length === 0) return
      const told = [one(observables), one(observables)].map(({ method, both }) => {
        return { both, value: toObserved(value(), method) }
      })
      const labels = ofOneCallback()
      for (const [side, { meter }] of sides.entries()) {
        const callback = (result: BatchObservableResult): void => {
          seen[side]! += 1
          for (const each of told) result.observe(each.both[side]!, each.value, labels)
        }
        const named = told.map(({ both }) => both[side]!)
        for (const order of [named, named.toReversed()]) {
          meter.addBatchObservableCallback(callback, order)
        }
      }
    },
  ]
  const measure = (): void => {
    if (measures.length === 0) return
    const [both, given, labels] = [one(measures), value(), attributes()]
    for (const each of both) each(given, labels)
  }
  return {
    seen,
    step: () => (random(4) === 0 ? one(steps) : measure)(),
    scrapes: () => random(25) === 0,
  }
}

test('our meters show what the SDK shows, whatever is done with them', async () => {
  let lines = 0
  for (let seed = 1; seed <= PROGRAMS; seed += 1) {
    const sides = [ours(), theSdk()] as const
    const program = createProgram(seed, sides)
    for (let step = 0; step < STEPS; step += 1) {
      program.step()
      if (!program.scrapes() && step < STEPS - 1) continue
      const [shown, wanted] = [await sides[0].scrape(), await sides[1].scrape()]
      expect(shown, `program ${seed}, step ${step}`).toEqual(wanted)
      lines += wanted.length
    }
    expect(program.seen[0]).toBe(program.seen[1])
  }
  expect(lines).toBeGreaterThan(PROGRAMS * 20)
})
