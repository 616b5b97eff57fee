import { diag } from '@opentelemetry/api'
import type {
  Attributes,
  Meter,
  MeterProvider,
  MetricOptions,
  ObservableCallback,
} from '@opentelemetry/api'
import type { Resource } from '@opentelemetry/resources'
import type {
  CollectionResult,
  DataPoint,
  Histogram,
  MetricData,
  MetricProducer,
} from '@opentelemetry/sdk-metrics'
import { withDeadline } from '../core/deadline.ts'
import { toReason } from '../core/errors.ts'
import { isTurnOver, nextTurn } from '../core/event-loop-turn.ts'
import { createCells, type Cells } from './cells.ts'

/** Our own meters inside the SDK, and what gives their metrics to a reader. */
export interface OwnMeters {
  readonly producer: MetricProducer
  /** The provider, with these meters under their names. */
  provide(provider: MeterProvider): MeterProvider
}

type Observe = (value: number, labels: Attributes) => void

/** An instrument with what it has measured. */
interface Instrument {
  readonly descriptor: MetricData['descriptor']
  readonly dataPointType: number
  readonly isMonotonic: boolean
  readonly cells: Cells | undefined
  readonly callbacks: Map<ObservableCallback, { busy: boolean }>
}

type Point = DataPoint<number | Histogram>
type HrTime = [number, number]

/** DataPointType of sdk-metrics; its values are part of the SDK’s stable interface. */
const HISTOGRAM = 0
const GAUGE = 2
const SUM = 3

/**
 * The part of the SDK that keeps the values of declared metrics and of our own, in place of the SDK's.
 *
 * The SDK shows a series that is observed no more for ever, hashes the labels at each measurement and collects everything at
 * a stretch. Here series are known by their label object, observed ones vanish, and a collection is done in pieces.
 *
 * @see docs/decisions/0019-a-meter-of-ours.md
 */
export function createOwnMeters(names: readonly string[]): OwnMeters {
  const stores = new Map(names.map((name) => [name, createStore()]))
  const startTime = toHrTime(Date.now())

  async function collect(options?: { readonly timeoutMillis?: number }): Promise<CollectionResult> {
    const errors: unknown[] = []
    const scopeMetrics = []
    for (const [name, { instruments }] of stores) {
      const endTime = toHrTime(Date.now())
      const toPoint = (value: number | Histogram, attributes: Attributes): Point => {
        return { startTime, endTime, attributes, value }
      }
      // First whatever is asked: it hands over what the counters do not show yet.
      const observed = new Map<Instrument, Point[]>()
      const questions: Question[] = []
      for (const instrument of instruments.values()) {
        const points: Point[] = []
        for (const [callback, state] of instrument.callbacks) {
          const observe: Observe = (value, labels) => points.push(toPoint(value, labels))
          const question = ask(instrument.descriptor.name, callback, state, observe)
          questions.push(question)
          // Who has to wait for others does so while the next ones are asked: many that hang hold up no longer than one.
          await withDeadline(question.answered, PATIENCE_MILLIS, false)
        }
        observed.set(instrument, points)
      }
      errors.push(...(await problemsOf(questions, options?.timeoutMillis)))
      const metrics: MetricData[] = []
      for (const [instrument, points] of observed) {
        const cells = instrument.cells?.values() ?? []
        // By index here and wherever series are many: an iterator would leave an object behind at each step.
        for (let index = 0; index < cells.length; index += 1) {
          const cell = cells[index]!
          points.push(toPoint(cell.read(), cell.labels))
          if (isTurnOver()) await nextTurn()
        }
        if (points.length > 0) metrics.push(toMetricData(instrument, points))
      }
      if (metrics.length > 0) scopeMetrics.push({ scope: { name }, metrics })
    }
    // The reader takes the resource from the SDK's own collection.
    return { resourceMetrics: { resource: undefined as unknown as Resource, scopeMetrics }, errors }
  }

  return {
    producer: { collect },
    provide: (provider) => ({
      getMeter(name, version, options) {
        const meter = provider.getMeter(name, version, options)
        const store = stores.get(name)
        return store ? Object.assign(Object.create(meter) as Meter, store.methods) : meter
      },
    }),
  }
}

/** The instruments of one meter, and the methods that make them. */
function createStore() {
  const instruments = new Map<string, Instrument>()

  function make(
    name: string,
    { description = '', unit = '' }: MetricOptions = {},
    what: Omit<Instrument, 'descriptor' | 'callbacks'>,
  ): Instrument {
    const known = instruments.get(name)
    if (known && isSameKind(known, what)) return known
    const descriptor = { name, description, unit, type: 'GAUGE', valueType: 1, advice: {} }
    const made = {
      ...what,
      descriptor: descriptor as unknown as MetricData['descriptor'],
      callbacks: new Map(),
    }
    if (known) {
      diag.warn(`the metric ${name} is there already, of another kind: this one is not exposed`)
    } else instruments.set(name, made)
    return made
  }

  const sum = (isMonotonic: boolean) => (name: string, options?: MetricOptions) => {
    const kept = { dataPointType: SUM, isMonotonic, cells: createCells() }
    return { add: make(name, options, kept).cells!.add }
  }
  const observable = (dataPointType: number, isMonotonic: boolean) => {
    return (name: string, options?: MetricOptions) => {
      const { callbacks } = make(name, options, { dataPointType, isMonotonic, cells: undefined })
      return {
        addCallback: (callback: ObservableCallback) =>
          void callbacks.set(callback, { busy: false }),
        removeCallback: (callback: ObservableCallback) => void callbacks.delete(callback),
      }
    }
  }
  const methods = {
    createCounter: sum(true),
    createUpDownCounter: sum(false),
    createHistogram(name: string, options?: MetricOptions) {
      const cells = createCells(options?.advice?.explicitBucketBoundaries ?? [])
      const kept = { dataPointType: HISTOGRAM, isMonotonic: false, cells }
      return { record: make(name, options, kept).cells!.record }
    },
    createObservableCounter: observable(SUM, true),
    createObservableUpDownCounter: observable(SUM, false),
    createObservableGauge: observable(GAUGE, false),
  }
  return { instruments, methods }
}

/** Two copies of the package declare each for itself, and may differ. */
function isSameKind(a: Instrument, b: Omit<Instrument, 'descriptor' | 'callbacks'>): boolean {
  return (
    a.dataPointType === b.dataPointType &&
    a.isMonotonic === b.isMonotonic &&
    (a.cells === undefined) === (b.cells === undefined)
  )
}

/** An observable metric could not be asked. */
export class CallbackError extends Error {
  readonly metric: string

  constructor(metric: string, problem: string) {
    super(`${metric}: ${problem}`)
    this.name = 'CallbackError'
    this.metric = metric
  }
}

/** A callback that was asked. */
interface Question {
  readonly metric: string
  /** When the callback has come back; never rejects. */
  readonly answered: Promise<void>
  /** What is wrong, until now: that it has not come back. */
  problem: string | undefined
  /** What comes late belongs to no scrape. */
  isOpen: boolean
}

/** Asks a callback; one that hangs is not asked again before it has come back. */
function ask(
  metric: string,
  callback: ObservableCallback,
  state: { busy: boolean },
  observe: Observe,
): Question {
  if (state.busy) {
    const problem = 'it has not come back from an earlier scrape'
    return { metric, answered: Promise.resolve(), problem, isOpen: false }
  }
  state.busy = true
  const question = { metric, problem: LATE as string | undefined, isOpen: true }
  const result = {
    observe(value: number, attributes: Attributes = {}): void {
      if (question.isOpen) observe(value, attributes)
    },
  }
  const work = async (): Promise<void> => {
    let problem: string | undefined
    try {
      await callback(result)
    } catch (error) {
      problem = toReason(error)
    }
    state.busy = false
    if (question.isOpen) question.problem = problem
  }
  const answered = work()
  return Object.assign(question, { answered })
}

/** How long the next callback waits for one that is under way, in milliseconds. */
const PATIENCE_MILLIS = 10

/** Stands for a problem while a callback is under way. */
const LATE = 'it did not come back'

/** Waits for all answers together, at most as long as a scrape can; what was wrong with them. */
async function problemsOf(
  questions: readonly Question[],
  timeoutMillis: number | undefined,
): Promise<CallbackError[]> {
  const all = Promise.all(questions.map(({ answered }) => answered))
  if (timeoutMillis === undefined) await all
  else await withDeadline(all, timeoutMillis, false)
  return questions.flatMap((question) => {
    question.isOpen = false
    const { metric, problem } = question
    if (problem === undefined) return []
    const words = problem === LATE ? `${LATE} within ${timeoutMillis} ms` : problem
    return [new CallbackError(metric, words)]
  })
}

function toMetricData(
  { descriptor, dataPointType, isMonotonic }: Instrument,
  dataPoints: Point[],
): MetricData {
  return {
    descriptor,
    aggregationTemporality: 1,
    dataPointType,
    ...(dataPointType === SUM && { isMonotonic }),
    dataPoints,
  } as unknown as MetricData
}

function toHrTime(millis: number): HrTime {
  return [Math.trunc(millis / 1_000), (millis % 1_000) * 1e6]
}
