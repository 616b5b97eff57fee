import { metrics as api, type Meter, type MeterProvider } from '@opentelemetry/api'
import { ConfigError } from '../core/errors.ts'
import { isTurnOver, nextTurn } from '../core/event-loop-turn.ts'
import type { OwnMetrics } from '../core/own-metric.ts'
import type { Reporter } from '../core/reporter.ts'
import { problemsOfCatalogue } from './check-definition.ts'
import {
  declareMetric,
  listedLabels,
  type ApiInstrument,
  type DeclaredMetric,
} from './declared-metric.ts'
import type { AnyMetricDefinition, MetricDefinition } from './definitions.ts'
import type { Catalogue } from './instruments.ts'
import { createTold } from './tell-misuse.ts'

export { counter, gauge, histogram } from './definitions.ts'
export { upTo } from './label-types.ts'

/** The meter of declared metrics. */
export const CATALOGUE_METER = 'telltale.catalogue'

/** Prometheus' own, in seconds. */
const DEFAULT_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

/** The meter of what Telltale says of itself. */
export const OWN_METER = 'telltale'

/** Different things to say that are kept until `init()`. */
const MAX_UNSAID = 100

/** Our own metrics about declared ones. */
export const catalogueMetrics = {
  series: {
    kind: 'gauge',
    name: 'telltale.metrics.series',
    unit: '{series}',
    description: 'Series that a declared metric has.',
    labels: { metric: 'the name of the metric' },
  },
  folded: {
    kind: 'counter',
    name: 'telltale.metrics.measurements.folded',
    unit: '{measurement}',
    description:
      'Measurements of a declared metric that were counted as other: a label was outside its list or beyond its bound.',
    labels: { metric: 'the name of the metric' },
  },
  dropped: {
    kind: 'counter',
    name: 'telltale.metrics.measurements.dropped',
    unit: '{measurement}',
    description:
      'Values of a declared gauge that were left out: a label was outside its list or beyond its bound.',
    labels: { metric: 'the name of the metric' },
  },
  refused: {
    kind: 'counter',
    name: 'telltale.metrics.measurements.refused',
    unit: '{measurement}',
    description:
      'Measurements of a declared metric that were left out: no finite number, negative where it must not be, or labels that could not be read.',
    labels: { metric: 'the name of the metric' },
  },
} as const satisfies OwnMetrics

/** Declared metrics of this process, by name: /metrics has each name once. */
const declared = new Map<string, DeclaredMetric>()

const misused = {
  folded: new Map<string, number>(),
  dropped: new Map<string, number>(),
  refused: new Map<string, number>(),
}

/** What was to be said while nobody was there to say it. */
let unsaid = new Map<string, string>()
let reporter: Reporter | undefined

/** The provider whose instruments the declared metrics use now. */
let connected: MeterProvider | undefined

/**
 * Declares metrics and makes their instruments, which work whether `init()` was called before, will be later, or never is.
 *
 * A metric that is declared again in the same shape is the same one.
 *
 * @throws {ConfigError} `TELLTALE_CONFIG_INVALID`, with every problem of every definition listed
 */
export function defineMetrics<
  const Definitions extends Readonly<Record<string, AnyMetricDefinition>>,
>(definitions: Definitions): Catalogue<Definitions> {
  const known = new Map([...declared].map(([name, { definition }]) => [name, definition]))
  const problems = problemsOfCatalogue(definitions, known)
  if (problems.length > 0) throw new ConfigError(problems)
  const instruments = Object.entries(definitions).map(([key, definition]) => [
    key,
    declare(definition as MetricDefinition).instrument,
  ])
  connectMetrics()
  return Object.freeze(Object.fromEntries(instruments)) as Catalogue<Definitions>
}

/** Takes the instruments of the MeterProvider that is behind the API now; called by whoever puts one there. */
export function connectMetrics(): void {
  const provider = api.getMeterProvider()
  if (provider === connected) return
  connected = provider
  const meter = provider.getMeter(CATALOGUE_METER)
  observeOwn(meter, provider)
  for (const metric of declared.values()) connect(meter, metric)
}

/** Lets what is wrong with measurements be said, each cause once. */
export function setMetricsReporter(to: Reporter): void {
  reporter = to
  for (const [cause, message] of unsaid) to.once(cause, message)
  unsaid = new Map()
}

function say(cause: string, message: string): void {
  if (reporter) reporter.once(cause, message)
  else if (unsaid.size < MAX_UNSAID) unsaid.set(cause, message)
}

function declare(definition: MetricDefinition): DeclaredMetric {
  const { name } = definition
  const before = declared.get(name)
  if (before) {
    // An observable gauge asks whoever declared it last: the first may be about something that is gone.
    before.definition = definition
    return before
  }
  const counts = {
    folded: count(misused.folded),
    dropped: count(misused.dropped),
    refused: count(misused.refused),
  }
  const metric = declareMetric(definition, createTold(name, counts, say), connectMetrics)
  declared.set(name, metric)
  if (connected) connect(connected.getMeter(CATALOGUE_METER), metric)
  return metric
}

const count =
  (counts: Map<string, number>) =>
  (metric: string): void =>
    void counts.set(metric, (counts.get(metric) ?? 0) + 1)

function connect(meter: Meter, metric: DeclaredMetric): void {
  metric.connect(toApiInstrument(meter, metric))
  if (metric.definition.kind.toLowerCase().endsWith('gauge')) return
  // From the start at 0, the counts of histograms too: increase() does not see a counter that is born at 1.
  for (const labels of listedLabels(metric.definition)) metric.startAtZero(labels)
}

function toApiInstrument(meter: Meter, metric: DeclaredMetric): ApiInstrument | undefined {
  const { kind, name, description, unit = '', buckets } = metric.definition
  const options = { description, unit }
  if (kind === 'counter') return meter.createCounter(name, options)
  if (kind === 'upDownCounter') return meter.createUpDownCounter(name, options)
  if (kind === 'histogram') {
    const advice = { explicitBucketBoundaries: [...(buckets ?? DEFAULT_BUCKETS)] }
    return meter.createHistogram(name, { ...options, advice })
  }
  meter.createObservableGauge(name, options).addCallback(async (result) => {
    await metric.observe().catch((error: unknown) => {
      count(misused.refused)(name)
      throw error
    })
    const series = [...metric.series.values()]
    for (let index = 0; index < series.length; index += 1) {
      result.observe(series[index]!.value, series[index]!.labels)
      if (isTurnOver()) await nextTurn()
    }
  })
  return undefined
}

/** Our own metrics about declared ones; asked at each scrape before the counters are read, so what waits is handed over then. */
function observeOwn(meter: Meter, provider: MeterProvider): void {
  const { series, ...counters } = catalogueMetrics
  meter.createObservableUpDownCounter(series.name, series).addCallback(async (result) => {
    if (provider !== connected) return
    for (const metric of declared.values()) {
      const waiting = metric.takeWaiting()
      for (let index = 0; index < waiting.length; index += 1) {
        metric.handOver(waiting[index]!)
        if (isTurnOver()) await nextTurn()
      }
      result.observe(metric.series.size, { metric: metric.definition.name })
    }
  })
  for (const what of ['folded', 'dropped', 'refused'] as const) {
    const metric = counters[what]
    meter.createObservableCounter(metric.name, metric).addCallback((result) => {
      for (const name of declared.keys()) {
        result.observe(misused[what].get(name) ?? 0, { metric: name })
      }
    })
  }
}
