import { showValue } from '../core/show-value.ts'
import { maxSeriesOf } from './declared-metric.ts'
import type { MetricDefinition, MetricKind } from './definitions.ts'
import { toLabelText } from './label-text.ts'
import type { LabelRule } from './label-types.ts'
import { METRIC_LIMITS } from './metric-limits.ts'
import { toPrometheusLabels } from './prometheus-labels.ts'
import { toPrometheusName, type PrometheusKind } from './prometheus-name.ts'
import { OTHER } from './series-table.ts'

const KINDS: Readonly<Record<MetricKind, PrometheusKind>> = {
  counter: 'counter',
  upDownCounter: 'gauge',
  gauge: 'gauge',
  observableGauge: 'gauge',
  histogram: 'histogram',
}

const OPTIONS = ['kind', 'name', 'description', 'unit', 'labels', 'maxSeries']

/** Beyond that a list is no list any more; all of them exist from the start. */
const MAX_LISTED_SERIES = 10_000

/** The most that one process should hold of one metric. */
const MAX_BOUND = 1_000_000

/** The series a histogram consists of. */
const PARTS = ['_bucket', '_sum', '_count']

/** Labels that Prometheus itself puts on whatever it scrapes. */
const TARGET_LABELS: ReadonlySet<string> = new Set(['job', 'instance'])

/** Series of Prometheus' own, with the labels of the target that was scraped. */
const MADE_BY_PROMETHEUS =
  /^(?:up|ALERTS(?:_FOR_STATE)?|scrape_(?:duration_seconds|timeout_seconds|samples_(?:scraped|post_metric_relabeling)|series_added|sample_limit|body_size_bytes))$/

/** Longer values say no more about what is wrong with them. */
const MAX_SHOWN = 200

/** Everything that keeps metrics from being declared, beside those that are declared already. */
export function problemsOfCatalogue(
  definitions: Readonly<Record<string, unknown>>,
  declared: ReadonlyMap<string, MetricDefinition>,
): string[] {
  if (typeof definitions !== 'object' || definitions === null) {
    return [`the metrics must be an object of definitions; got ${showValue(definitions)}`]
  }
  const known = new Map(declared)
  return Object.entries(definitions).flatMap(([key, given]) => {
    if (!isDefinition(given)) {
      return [
        `"${key}" must be declared with counter(), upDownCounter(), gauge(), observableGauge() or histogram(); got ${showValue(given)}`,
      ]
    }
    const own = problemsOfDefinition(given)
    // What is wrong in itself cannot be compared.
    const problems = own.length > 0 ? own : clashes(given, known)
    if (own.length === 0 && !known.has(given.name)) known.set(given.name, given)
    return problems.map((problem) => `metric ${shown(given.name)}: ${problem}`)
  })
}

function isDefinition(given: unknown): given is MetricDefinition {
  const kind = (given as Partial<MetricDefinition> | null | undefined)?.kind
  return typeof kind === 'string' && Object.hasOwn(KINDS, kind)
}

function problemsOfDefinition(definition: MetricDefinition): string[] {
  const { kind, description, observe } = definition
  const own = [
    ...OPTIONS,
    ...(kind === 'histogram' ? ['buckets'] : []),
    ...(kind === 'observableGauge' ? ['observe'] : []),
  ]
  const problems = Object.keys(definition)
    .filter((key) => !own.includes(key))
    .map((key) => `a ${kind} has no option "${key}"; it has ${own.slice(1).join(', ')}`)
  if (typeof description !== 'string' || description.trim() === '') {
    problems.push(
      `"description" must be a sentence, for the HELP text; got ${showValue(description)}`,
    )
  }
  if (kind === 'observableGauge' && typeof observe !== 'function') {
    problems.push(`"observe" must be a function; got ${showValue(observe)}`)
  }
  problems.push(...problemsOfName(definition), ...problemsOfLabels(definition))
  if (kind === 'histogram') problems.push(...problemsOfBuckets(definition))
  return problems
}

function problemsOfName({ kind, name, unit = '' }: MetricDefinition): string[] {
  if (typeof unit !== 'string')
    return [`"unit" must be a text such as s or By; got ${showValue(unit)}`]
  if (typeof name !== 'string' || !/^[a-zA-Z][a-zA-Z0-9_]*$/.test(name) || name.length > 255) {
    return [
      `"name" must be as Prometheus shows it: letters, digits and _, a letter first, at most 255 of them; got ${showValue(name)}`,
    ]
  }
  if (name === 'target_info') return ['the name is taken by the attributes of the resource']
  if (MADE_BY_PROMETHEUS.test(name)) {
    return ['the name is taken: Prometheus makes a series of it for every target; choose another']
  }
  const exposed = toPrometheusName(name, unit, KINDS[kind])
  if (exposed === name) return []
  if (/__|_$/.test(name)) {
    return [
      `it would be exposed as ${exposed}: words are divided by single _, and none stands at the end; declare it as "${exposed}"`,
    ]
  }
  const instead = unit === '' ? '' : `, or leave out the unit ${unit}`
  return [
    `it would be exposed as ${exposed}: ${kind === 'counter' ? 'a counter ends in _total, and ' : ''}a unit stands in the name; declare it as "${exposed}"${instead}`,
  ]
}

function problemsOfLabels(definition: MetricDefinition): string[] {
  const { labels = {}, maxSeries } = definition
  if (typeof labels !== 'object' || labels === null || Array.isArray(labels)) {
    return [`"labels" must be an object of labels; got ${showValue(labels)}`]
  }
  const problems = Object.entries(labels as Record<string, unknown>).flatMap(([label, rule]) => [
    ...problemsOfLabelName(label),
    ...problemsOfRule(rule).map((problem) => `label "${label}": ${problem}`),
  ])
  if (maxSeries !== undefined && !isBound(maxSeries))
    problems.push(`"maxSeries" ${mustBeBound(maxSeries)}`)
  if (problems.length > 0) return problems
  const rules = Object.values<LabelRule>(labels)
  const listed = rules
    .flatMap((rule) => ('upTo' in rule ? [] : [rule.length]))
    .reduce((left, right) => left * right, 1)
  if (listed > MAX_LISTED_SERIES) {
    return [
      `the listed values make ${listed} series, more than ${MAX_LISTED_SERIES}; declare a label with upTo()`,
    ]
  }
  if (maxSeriesOf(definition) < listed) {
    return [
      `"maxSeries" must be at least ${listed}, the series that its lists make; got ${maxSeries}`,
    ]
  }
  return []
}

function problemsOfLabelName(label: string): string[] {
  if (TARGET_LABELS.has(label)) {
    return [`the label "${label}" is put on every series by Prometheus itself; choose another name`]
  }
  if (label.startsWith('otel_scope_'))
    return [`the label "${label}" is OpenTelemetry's own; choose another name`]
  const [exposed] = Object.keys(toPrometheusLabels({ [label]: '' }).labels)
  if (exposed === label) return []
  return [
    `the label "${label}" is reserved or not valid in Prometheus and would be exposed as "${exposed}": letters, digits and single _, no digit first, not le, quantile or __…`,
  ]
}

function problemsOfRule(rule: unknown): string[] {
  if (Array.isArray(rule)) return problemsOfList(rule)
  if (typeof rule !== 'object' || rule === null || !('upTo' in rule)) {
    return [`must be a list of its values, or upTo(bound); got ${showValue(rule)}`]
  }
  return isBound(rule.upTo) ? [] : [`its bound ${mustBeBound(rule.upTo)}`]
}

function problemsOfList(list: readonly unknown[]): string[] {
  if (list.length === 0) return ['its list has no values']
  const texts = list.map((value) => (typeof value === 'bigint' ? undefined : toLabelText(value)))
  const unusable = list.filter((_, index) => texts[index] === undefined)
  const seen = new Set<string>()
  const twice = texts.filter((text) => text !== undefined && seen.size === seen.add(text).size)
  return [
    ...unusable.map(
      (value) =>
        `its values must be texts of at most 1 024 characters, numbers or booleans; got ${shown(value)}`,
    ),
    ...twice.map((text) => `its list has ${showValue(text)} twice`),
    ...(texts.includes(OTHER)
      ? [`"${OTHER}" stands for the values outside the list; leave it out`]
      : []),
  ]
}

function problemsOfBuckets({ buckets, unit }: MetricDefinition): string[] {
  if (buckets === undefined) {
    return unit === 's' ? [] : ['"buckets" must be given: only for the unit s is there a default']
  }
  const holds =
    Array.isArray(buckets) &&
    buckets.length > 0 &&
    buckets.length <= METRIC_LIMITS.buckets &&
    buckets.every(
      (bound: unknown, index) =>
        Number.isFinite(bound) && (index === 0 || buckets[index - 1] < (bound as number)),
    )
  return holds
    ? []
    : [
        `"buckets" must be finite numbers, each larger than the one before, at most ${METRIC_LIMITS.buckets} of them; got ${shown(buckets)}`,
      ]
}

function shown(value: unknown): string {
  const text = showValue(value)
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text
}

function isBound(value: unknown): boolean {
  return Number.isInteger(value) && (value as number) >= 1 && (value as number) <= MAX_BOUND
}

function mustBeBound(value: unknown): string {
  return `must be a whole number of 1 to ${MAX_BOUND}; got ${showValue(value)}`
}

/** A name is declared once, and the parts of a histogram are names too. */
function clashes(
  definition: MetricDefinition,
  known: ReadonlyMap<string, MetricDefinition>,
): string[] {
  const { name, kind } = definition
  const same = known.get(name)
  if (same) {
    return isSameShape(same, definition)
      ? []
      : [
          `it is declared already, in another shape: ${showValue(toShape(same))}, now ${showValue(toShape(definition))}`,
        ]
  }
  const part = PARTS.find((suffix) => name.endsWith(suffix))
  const whole = part === undefined ? undefined : known.get(name.slice(0, -part.length))
  return [
    ...(whole?.kind === 'histogram'
      ? [`the histogram ${whole.name} has a series of that name`]
      : []),
    ...(kind === 'histogram'
      ? PARTS.map((suffix) => name + suffix)
          .filter((each) => known.has(each))
          .map((each) => `a histogram has the series ${each}, which is declared already`)
      : []),
  ]
}

function isSameShape(a: MetricDefinition, b: MetricDefinition): boolean {
  return JSON.stringify(toShape(a)) === JSON.stringify(toShape(b))
}

/** What two declarations of one metric must have in common: all but the order, and what is asked. */
function toShape({
  kind,
  description,
  unit,
  labels,
  buckets,
  maxSeries,
}: MetricDefinition): object {
  const sorted = Object.entries<LabelRule>(labels ?? {})
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([label, rule]) => [label, 'upTo' in rule ? rule.upTo : rule.map(String).toSorted()])
  return {
    kind,
    description,
    unit: unit ?? '',
    labels: Object.fromEntries(sorted),
    buckets,
    maxSeries,
  }
}
