import type { Meter, MeterOptions, MeterProvider } from '@opentelemetry/api'
import type { Resource } from '@opentelemetry/resources'
import type {
  CollectionResult,
  DataPoint,
  Histogram,
  MetricData,
  MetricProducer,
} from '@opentelemetry/sdk-metrics'
import { withDeadline } from '../core/deadline.ts'
import { isTurnOver, nextTurn } from '../core/event-loop-turn.ts'
import type { Reporter } from '../core/reporter.ts'
import { ask, problemsOf, type Question } from './callbacks.ts'
import { POINT_TYPES, type KeptInstrument } from './kept-instrument.ts'
import { createKeptMeter, type KeptMeter } from './meter.ts'
import { takeIn } from './take-in.ts'

/** The meters of this process, and what gives their metrics to a reader of the SDK. */
export interface Meters {
  readonly provider: MeterProvider
  readonly producer: MetricProducer
}

/** Which meters are kept otherwise than those of an application. */
export interface MetersOptions {
  /** Series that one instrument may have. */
  readonly cardinalityLimit: number
  /** Meters of declared metrics: bounded by their declarations, with one frozen object of labels for each series. */
  readonly declared: readonly string[]
  /** Meters of ours, which need no bound. */
  readonly own: readonly string[]
}

type Point = DataPoint<number | Histogram>
type HrTime = [number, number]

interface ScopedMeter extends KeptMeter {
  readonly scope: { readonly name: string; readonly version: string; readonly schemaUrl: string }
}

/** How long the next callback waits for one that is under way, in milliseconds. */
const PATIENCE_MILLIS = 10

/** How long callbacks wait for others at one collection, all together, in milliseconds. */
const ALL_PATIENCE_MILLIS = 200

/**
 * Keeps the values of all instruments in place of the SDK, whose exporter reads them here.
 *
 * The SDK collects everything at a stretch, puts the labels of each measurement in order and into a text, shows a series that is
 * observed no more for ever, and has no bound on series but for one collection. Here a collection is done in pieces.
 *
 * @see docs/decisions/0024-all-instruments-are-ours.md
 */
export function createMeters(options: MetersOptions, reporter: Reporter): Meters {
  const meters = new Map<string, ScopedMeter>()
  const startTime = toHrTime(Date.now())
  let collections = 0

  function getMeter(...given: Parameters<MeterProvider['getMeter']>): Meter {
    const [name, version, schemaUrl] = [given[0], given[1], schemaUrlOf(given[2])].map(toText) as [
      string,
      string,
      string,
    ]
    const key = JSON.stringify([name, version, schemaUrl])
    let meter = meters.get(key)
    if (!meter) {
      const byObject = options.declared.includes(name)
      const isBounded = !byObject && !options.own.includes(name)
      const cardinalityLimit = isBounded ? options.cardinalityLimit : Infinity
      const kept = createKeptMeter({ byObject, cardinalityLimit }, reporter)
      meter = { ...kept, scope: { name, version, schemaUrl } }
      meters.set(key, meter)
    }
    return meter.meter
  }

  async function collect(
    limits: { readonly timeoutMillis?: number } = {},
  ): Promise<CollectionResult> {
    // First whatever is asked: declared counters hand over what they do not show yet.
    const questions = await askAll()
    const errors = await problemsOf(questions, limits.timeoutMillis)
    collections += 1
    await takeIn(questions, collections)
    const endTime = toHrTime(Date.now())
    const scopeMetrics = []
    for (const { scope, instruments } of meters.values()) {
      const metrics: MetricData[] = []
      for (const instrument of instruments) {
        const points = await pointsOf(instrument, endTime)
        if (points.length > 0) metrics.push(toMetricData(instrument, points))
      }
      if (metrics.length > 0) scopeMetrics.push({ scope, metrics })
    }
    // The reader takes the resource from the SDK's own collection.
    return { resourceMetrics: { resource: undefined as unknown as Resource, scopeMetrics }, errors }
  }

  async function askAll(): Promise<Question[]> {
    const questions: Question[] = []
    let patience = ALL_PATIENCE_MILLIS
    for (const { registrations } of meters.values()) {
      // A callback may register another one.
      for (const registration of registrations.slice()) {
        // A scrape lasts for many turns: what a callback asks may have been closed meanwhile.
        if (registration.isRemoved) continue
        const question = ask(registration)
        questions.push(question)
        // Who has to wait for others does so while the next ones are asked: many that hang hold up no longer than one.
        if (patience > 0) {
          const began = performance.now()
          await withDeadline(question.answered, PATIENCE_MILLIS, false)
          patience -= performance.now() - began
        }
        if (isTurnOver()) await nextTurn()
      }
    }
    return questions
  }

  async function pointsOf({ cells, kind }: KeptInstrument, endTime: HrTime): Promise<Point[]> {
    const points: Point[] = []
    const all = cells.values()
    // By index here and wherever series are many: an iterator would leave an object behind at each step.
    for (let index = 0; index < all.length; index += 1) {
      const cell = all[index]!
      if (kind.isObserved && cell.observedIn !== collections) cells.remove(cell)
      else points.push({ startTime, endTime, attributes: cell.labels, value: cell.read() })
      if (isTurnOver()) await nextTurn()
    }
    return points
  }

  return { provider: { getMeter }, producer: { collect } }
}

function schemaUrlOf(options: MeterOptions | undefined): unknown {
  try {
    return options?.schemaUrl
  } catch {
    // A proxy or a getter.
    return undefined
  }
}

/** JavaScript lets it be anything. */
function toText(given: unknown): string {
  return typeof given === 'string' ? given : ''
}

function toMetricData(instrument: KeptInstrument, dataPoints: Point[]): MetricData {
  const { name, description, unit, valueType, kind } = instrument
  return {
    descriptor: { name, description, unit, type: kind.type, valueType, advice: {} },
    aggregationTemporality: 1,
    dataPointType: kind.pointType,
    ...(kind.pointType === POINT_TYPES.sum && { isMonotonic: kind.isMonotonic }),
    dataPoints,
  } as unknown as MetricData
}

function toHrTime(millis: number): HrTime {
  return [Math.trunc(millis / 1_000), (millis % 1_000) * 1e6]
}
