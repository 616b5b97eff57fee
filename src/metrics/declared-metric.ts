import { isTurnOver, nextTurn } from '../core/event-loop-turn.ts'
import type { MetricDefinition } from './definitions.ts'
import type { LabelRule } from './label-types.ts'
import { createSeriesTable, type Series, type SeriesTable } from './series-table.ts'
import type { Told } from './tell-misuse.ts'

/** Where the values of a metric go: the instrument of a MeterProvider, as far as it is used here. */
export interface ApiInstrument {
  add?(value: number, labels: Readonly<Record<string, string>>): void
  record?(value: number, labels: Readonly<Record<string, string>>): void
}

/** A declared metric with its series. */
export interface DeclaredMetric {
  definition: MetricDefinition
  readonly instrument: object
  readonly series: SeriesTable
  /** Takes the instrument of the MeterProvider that is behind the API now, or nothing while there is none. */
  connect(to: ApiInstrument | undefined): void
  /** Series whose values wait to be handed over; they are handed over by {@link handOver}. */
  takeWaiting(): Series[]
  handOver(series: Series): void
  /** Makes a series of what counts exist before anything is counted. */
  startAtZero(labels: Readonly<Record<string, unknown>>): void
  /** What an observable gauge shows now. */
  observe(): Promise<void>
}

/** What a metric without any definition of its own would allow. */
const DEFAULT_MAX_SERIES = 100_000

/** How many series the labels of a metric allow, by its own bound if it has one. */
export function maxSeriesOf({ labels = {}, maxSeries }: MetricDefinition): number {
  if (maxSeries !== undefined) return maxSeries
  const counts = Object.values<LabelRule>(labels).map((rule) =>
    'upTo' in rule ? rule.upTo : rule.length,
  )
  const product = counts.reduce((left, right) => left * right, 1)
  return Math.min(product, Math.max(DEFAULT_MAX_SERIES, ...counts))
}

/** Every combination of labels that are all listed; nothing when one of them is open. */
export function listedLabels({
  labels = {},
}: MetricDefinition): readonly Readonly<Record<string, unknown>>[] {
  let combinations: Record<string, unknown>[] = [{}]
  for (const [name, rule] of Object.entries<LabelRule>(labels)) {
    if ('upTo' in rule) return []
    combinations = combinations.flatMap((each) => rule.map((value) => ({ ...each, [name]: value })))
  }
  return combinations
}

/** Makes the instrument of a definition; what cannot be taken as it is given is told. */
export function declareMetric(
  definition: MetricDefinition,
  told: Told,
  ready: () => void,
): DeclaredMetric {
  const { kind } = definition
  const isGauge = kind === 'gauge' || kind === 'observableGauge'
  const series = createSeriesTable(
    definition.labels ?? {},
    maxSeriesOf(definition),
    isGauge ? 'drop' : 'fold',
    told.misfit,
    () => makeRoom?.() ?? false,
  )
  let waiting: Series[] = []
  let to: ApiInstrument | undefined
  /** Takes away what the observation under way has not seen again; only there is something that is not needed any more. */
  let makeRoom: (() => boolean) | undefined

  const declared: DeclaredMetric = {
    definition,
    instrument: {},
    series,
    connect(instrument) {
      to = instrument
    },
    takeWaiting() {
      const taken = waiting
      waiting = []
      return taken
    },
    handOver(each) {
      const { value } = each
      each.value = 0
      each.waiting = false
      to?.add?.(value, each.labels)
    },
    startAtZero(labels) {
      const found = series.find(labels)
      if (!found) return
      // Nobody has asked for it yet.
      found.used = false
      if (kind === 'histogram') to?.record?.(Number.NaN, found.labels)
      else wait(found, 0)
    },
    async observe() {
      if (kind !== 'observableGauge') return
      const seen = new Set<Series>()
      makeRoom = () => {
        makeRoom = undefined
        return series.keepOnly(seen) > 0
      }
      try {
        await declared.definition.observe?.((value: number, labels?: unknown) => {
          const found = set(value, labels)
          if (found) seen.add(found)
        })
      } finally {
        makeRoom = undefined
        // What is not observed again is gone, even if the callback has failed: its old value would be a lie.
        for (const each of series.values()) {
          if (!seen.has(each)) series.remove(each.labels)
          if (isTurnOver()) await nextTurn()
        }
      }
    },
  }

  function add(value: number, labels?: unknown): void {
    try {
      if (!isFiniteNumber(value) || (kind === 'counter' && value < 0)) {
        told.refused(value)
        return
      }
      ready()
      const found = series.find(labels)
      if (found) wait(found, value)
    } catch (error) {
      told.failed(error)
    }
  }

  function wait(found: Series, value: number): void {
    found.value += value
    if (found.waiting) return
    found.waiting = true
    waiting.push(found)
  }

  function set(value: number, labels?: unknown): Series | undefined {
    try {
      if (!isFiniteNumber(value)) {
        told.refused(value)
        series.removeOne(labels)
        return undefined
      }
      ready()
      const found = series.find(labels)
      if (found) found.value = value
      return found
    } catch (error) {
      told.failed(error)
      return undefined
    }
  }

  function record(value: number, labels?: unknown): void {
    try {
      if (!isFiniteNumber(value) || value < 0) {
        told.refused(value)
        return
      }
      ready()
      const found = series.find(labels)
      if (found) to?.record?.(value, found.labels)
    } catch (error) {
      told.failed(error)
    }
  }

  function remove(labels?: unknown): number {
    try {
      return series.remove(labels)
    } catch (error) {
      told.failed(error)
      return 0
    }
  }

  const methods = {
    counter: { add },
    upDownCounter: { add },
    gauge: { set: (value: number, labels?: unknown) => void set(value, labels), remove },
  }
  const own = { ...methods, observableGauge: {}, histogram: { record } }[kind]
  const instrument = Object.freeze({ definition, ...own })
  return Object.assign(declared, { instrument })
}

function isFiniteNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value)
}
