import type { Meter, MeterProvider } from '@opentelemetry/api'
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
import { ask, problemsOf, type Observation, type Question } from './callbacks.ts'
import { POINT_TYPES, type KeptInstrument } from './kept-instrument.ts'
import { createKeptMeter, type KeptMeter } from './meter.ts'

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
    // JavaScript lets them be anything.
    const [name, version, schemaUrl] = [given[0], given[1], given[2]?.schemaUrl].map((text) =>
      typeof text === 'string' ? text : '',
    ) as [string, string, string]
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
    for (const { observations, problem } of questions) {
      if (problem === undefined) await takeIn(observations, collections)
    }
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
    for (const { registrations } of meters.values()) {
      // A callback may register another one.
      for (const registration of registrations.slice()) {
        const question = ask(registration)
        questions.push(question)
        // Who has to wait for others does so while the next ones are asked: many that hang hold up no longer than one.
        await withDeadline(question.answered, PATIENCE_MILLIS, false)
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

/** Gives series the values that were observed; of two for the same series the last one counts. */
async function takeIn(observations: readonly Observation[], collection: number): Promise<void> {
  for (let index = 0; index < observations.length; index += 1) {
    const { instrument, value, cell: known, attributes } = observations[index]!
    const { cells, kind } = instrument
    const cell = known ?? cells.find(attributes)
    const isFurther = cell.observedIn === collection && cells.isOverflow(cell)
    cell.value = isFurther && kind.pointType === POINT_TYPES.sum ? cell.value + value : value
    cell.observedIn = collection
    if (isTurnOver()) await nextTurn()
  }
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
