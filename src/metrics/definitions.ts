import type { LabelArguments, LabelRules, NoLabels } from './label-types.ts'

/** The kinds of metric that can be declared. */
export type MetricKind = 'counter' | 'upDownCounter' | 'gauge' | 'observableGauge' | 'histogram'

/** What is declared of every metric. */
export interface MetricOptions<Rules extends LabelRules> {
  /** The name as /metrics shows it, with the unit's suffix and a counter's `_total`. */
  readonly name: string
  /** One sentence that says what is measured: the HELP text. */
  readonly description: string
  /** Unit as in UCUM: `s`, `By`, `{request}`. Default none. */
  readonly unit?: string | undefined
  /** The labels of every series, each with a list of its values or `upTo(bound)`. Default none. */
  readonly labels?: Rules | undefined
  /**
   * Series the metric may have, where open labels together would allow more. Default what its labels allow, but at most
   * 100 000 or, if that is more, the largest bound.
   */
  readonly maxSeries?: number | undefined
}

/** What is declared of a histogram besides. */
export interface HistogramOptions<Rules extends LabelRules> extends MetricOptions<Rules> {
  /** Upper bounds, ascending. Default, for the unit `s` only: those of Prometheus, 5 ms to 10 s. */
  readonly buckets?: readonly number[] | undefined
}

/** Reports one series of an observable gauge. */
export type Observe<Rules extends LabelRules> = (
  value: number,
  ...labels: LabelArguments<Rules>
) => void

/** What is declared of an observable gauge besides. */
export interface ObservableGaugeOptions<Rules extends LabelRules> extends MetricOptions<Rules> {
  /** Asked at each scrape; a series that it does not report any more is gone from /metrics. */
  readonly observe: (observe: Observe<NoInfer<Rules>>) => void | Promise<void>
}

/** A declared metric; `defineMetrics()` makes its instrument. */
export interface MetricDefinition<
  Kind extends MetricKind = MetricKind,
  // oxlint-disable-next-line typescript/no-explicit-any -- stands for the labels of any metric, where they are not looked at
  Rules extends LabelRules = any,
> {
  readonly kind: Kind
  readonly name: string
  readonly description: string
  readonly unit?: string | undefined
  readonly labels?: Rules | undefined
  readonly maxSeries?: number | undefined
  readonly buckets?: readonly number[] | undefined
  readonly observe?: ((observe: Observe<Rules>) => void | Promise<void>) | undefined
}

/** Any declared metric, as far as it matters which instrument it becomes. */
export type AnyMetricDefinition = Pick<MetricDefinition, 'kind' | 'name' | 'description'>

/** Declares a metric that only goes up: its name ends in `_total`. */
export function counter<const Rules extends LabelRules = NoLabels>(
  options: MetricOptions<Rules>,
): MetricDefinition<'counter', Rules> {
  return define('counter', options)
}

/** Declares a metric that is counted up and down, such as requests in flight. */
export function upDownCounter<const Rules extends LabelRules = NoLabels>(
  options: MetricOptions<Rules>,
): MetricDefinition<'upDownCounter', Rules> {
  return define('upDownCounter', options)
}

/** Declares a metric that is set, such as a cost; its series can be removed. */
export function gauge<const Rules extends LabelRules = NoLabels>(
  options: MetricOptions<Rules>,
): MetricDefinition<'gauge', Rules> {
  return define('gauge', options)
}

/** Declares a metric whose value is asked for at each scrape. */
export function observableGauge<const Rules extends LabelRules = NoLabels>(
  options: ObservableGaugeOptions<Rules>,
): MetricDefinition<'observableGauge', Rules> {
  return define('observableGauge', options)
}

/** Declares a metric that counts measurements, such as durations, in buckets. */
export function histogram<const Rules extends LabelRules = NoLabels>(
  options: HistogramOptions<Rules>,
): MetricDefinition<'histogram', Rules> {
  return define('histogram', options)
}

/** A definition of its own: what is done later to the lists that were given changes nothing that is declared. */
function define<Kind extends MetricKind, Rules extends LabelRules>(
  kind: Kind,
  options: MetricOptions<Rules>,
): MetricDefinition<Kind, Rules> {
  const { labels, buckets, ...rest }: MetricOptions<Rules> & { buckets?: unknown } = { ...options }
  const definition: object = {
    ...rest,
    ...(labels !== undefined && { labels: isPlain(labels) ? copyLabels(labels) : labels }),
    ...(buckets !== undefined && { buckets: copyList(buckets) }),
    kind,
  }
  return Object.freeze(definition) as MetricDefinition<Kind, Rules>
}

function copyLabels<Rules extends LabelRules>(labels: Rules): Rules {
  const copied = Object.entries(labels).map(([label, rule]) => [label, copyList(rule)])
  return Object.freeze(Object.fromEntries(copied)) as Rules
}

function copyList(given: unknown): unknown {
  return Array.isArray(given) ? Object.freeze([...(given as unknown[])]) : given
}

function isPlain(given: unknown): boolean {
  return typeof given === 'object' && given !== null && !Array.isArray(given)
}
