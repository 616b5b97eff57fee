import type { Attributes } from '@opentelemetry/api'
import type { DataPoint, Histogram, MetricData, ResourceMetrics } from '@opentelemetry/sdk-metrics'
import { isTurnOver, nextTurn } from '../core/event-loop-turn.ts'
import type { Reporter } from '../core/reporter.ts'
import { toPrometheusLabels } from './prometheus-labels.ts'
import { toPrometheusName, type PrometheusKind } from './prometheus-name.ts'
import {
  createSeriesTexts,
  toHead,
  toHistogramLines,
  toLabelsText,
  toNumber,
  toStart,
  type SeriesText,
  type ToSeriesText,
} from './prometheus-lines.ts'

/** Turns collected metrics into the text that Prometheus scrapes, in pieces of whole lines. */
export type ToPrometheusText = (collected: ResourceMetrics) => Promise<readonly string[]>

type AnyDataPoint = DataPoint<number | Histogram>

/** A metric that has found its place in the text. */
interface Family {
  readonly name: string
  readonly kind: PrometheusKind
  readonly description: string
  readonly sources: Source[]
}

/** What one instrument adds to a family. */
interface Source {
  readonly points: readonly AnyDataPoint[]
  readonly scopeText: string
}

/** The series of a family: the labels of each in words, and at the same place its point. */
interface SeriesList {
  readonly texts: readonly SeriesText[]
  readonly points: readonly AnyDataPoint[]
}

interface Search {
  readonly family: Family
  readonly toSeriesText: ToSeriesText
  /** Families whose series all differed at the last scrape, with these: they need no comparing as long as they stay the same. */
  readonly differed: Map<string, readonly SeriesText[]>
  readonly reporter: Reporter
}

/** The text so far: joined piece by piece, because one join of everything would hold the event loop up. */
interface Draft {
  readonly pieces: string[]
  parts: string[]
}

/** DataPointType of sdk-metrics; its values are part of the SDK's stable interface. */
const HISTOGRAM = 0
const GAUGE = 2
const SUM = 3

/**
 * Makes the text of what the Prometheus exporter has collected, valid whatever an instrument or an attribute is called: one
 * bad name would otherwise cost the whole scrape. Each fault is reported once.
 *
 * @see docs/decisions/0019-a-meter-of-ours.md for why the exporter's own serializer is not used
 */
export function createPrometheusText(
  options: {
    readonly scopeLabels: boolean
    readonly redactLabels?: (labels: Record<string, string>) => void
  },
  reporter: Reporter,
): ToPrometheusText {
  const toSeriesText = createSeriesTexts(options.redactLabels)
  const differed = new Map<string, readonly SeriesText[]>()
  return async (collected) => {
    const families = new Map<string, Family>()
    for (const { scope, metrics } of collected.scopeMetrics) {
      const scopeText = options.scopeLabels
        ? toLabelsText({ otel_scope_name: scope.name, otel_scope_version: scope.version ?? '' })
        : ''
      for (const metric of metrics) {
        addMetric(families, metric, scopeText, reporter)
        if (isTurnOver()) await nextTurn()
      }
    }
    const draft: Draft = {
      pieces: [],
      parts: [targetInfo(collected.resource.attributes, reporter)],
    }
    for (const family of families.values()) {
      draft.parts.push(toHead(family))
      const series = await findSeries({ family, toSeriesText, differed, reporter })
      await writeSeries(draft, family.name, series)
    }
    for (const name of differed.keys()) if (!families.has(name)) differed.delete(name)
    endPiece(draft)
    return draft.pieces
  }
}

function targetInfo(attributes: Attributes, reporter: Reporter): string {
  const { labels, faults } = toPrometheusLabels(attributes)
  for (const fault of faults) {
    reporter.once(`metric label target_info ${fault}`, `metric target_info: ${fault}`)
  }
  const head = toHead({ name: 'target_info', kind: 'gauge', description: 'Target metadata' })
  return `${head}${toStart('target_info', toLabelsText(labels))}1\n`
}

function addMetric(
  families: Map<string, Family>,
  metric: MetricData,
  scopeText: string,
  reporter: Reporter,
): void {
  // JavaScript lets them be anything.
  const [original, description, unit] = [
    metric.descriptor.name,
    metric.descriptor.description,
    metric.descriptor.unit,
  ].map(String) as [string, string, string]
  const kind = toKind(metric)
  if (!kind) {
    reporter.once(
      `metric kind ${original}`,
      `the metric "${original}" is not exposed: Prometheus text has no exponential histograms; choose explicit buckets`,
    )
    return
  }
  const name = toPrometheusName(original, unit, kind)
  if (name === '' || name === '_' || name === 'target_info') {
    reporter.once(
      `metric name ${original}`,
      `the metric "${original}" is not exposed: ${name === 'target_info' ? 'the name target_info is taken by the resource' : 'Prometheus allows no letter of its name'}`,
    )
    return
  }
  const family = families.get(name) ?? { name, kind, description, sources: [] }
  if (family.kind !== kind || clashes(families, name, kind)) {
    reporter.once(
      `metric clash ${original} ${kind}`,
      `the metric "${original}" (${kind}) is not exposed: another metric already uses the name ${name}`,
    )
    return
  }
  families.set(name, family)
  family.sources.push({ points: metric.dataPoints as AnyDataPoint[], scopeText })
}

/** The series of a family, each once. */
async function findSeries({
  family,
  toSeriesText,
  differed,
  reporter,
}: Search): Promise<SeriesList> {
  const { name, sources } = family
  const before = differed.get(name)
  const texts: SeriesText[] = []
  let areAsBefore = before !== undefined
  for (const { points, scopeText } of sources) {
    // By index: an iterator would leave an object behind at each step.
    for (let index = 0; index < points.length; index += 1) {
      const text = toSeriesText(points[index]!.attributes, scopeText)
      if (text.faults.length > 0) reportFaults(name, text.faults, reporter)
      areAsBefore &&= before![texts.length] === text
      texts.push(text)
      if (isTurnOver()) await nextTurn()
    }
  }
  const points = sources.length === 1 ? sources[0]!.points : sources.flatMap((each) => each.points)
  const list = { texts, points }
  if (areAsBefore && before!.length === texts.length) return list
  const merged = await mergeSame(family, list, reporter)
  if (merged.texts.length === texts.length) differed.set(name, texts)
  else differed.delete(name)
  return merged
}

function reportFaults(name: string, faults: readonly string[], reporter: Reporter): void {
  for (const fault of faults) {
    reporter.once(`metric label ${name} ${fault}`, `metric ${name}: ${fault}`)
  }
}

async function writeSeries(
  draft: Draft,
  name: string,
  { texts, points }: SeriesList,
): Promise<void> {
  for (let index = 0; index < texts.length; index += 1) {
    const { value } = points[index]!
    if (typeof value === 'number') {
      draft.parts.push(texts[index]!.startOf(name), toNumber(value), '\n')
    } else draft.parts.push(toHistogramLines(name, texts[index]!.labels, value))
    if (isTurnOver()) {
      endPiece(draft)
      await nextTurn()
    }
  }
}

function endPiece(draft: Draft): void {
  draft.pieces.push(draft.parts.join(''))
  draft.parts = []
}

/** A second series with the same labels would make the text invalid: sums are added up, of gauges the last one counts. */
async function mergeSame(
  family: Family,
  { texts, points }: SeriesList,
  reporter: Reporter,
): Promise<SeriesList> {
  const places = new Map<string, number>()
  const merged = { texts: [] as SeriesText[], points: [] as AnyDataPoint[] }
  for (let index = 0; index < texts.length; index += 1) {
    const [text, point] = [texts[index]!, points[index]!]
    const start = text.startOf(family.name)
    const place = places.get(start)
    if (place === undefined) {
      places.set(start, merged.texts.length)
      merged.texts.push(text)
      merged.points.push(point)
    } else merged.points[place] = mergePoints(family, merged.points[place]!, point, reporter)
    if (isTurnOver()) await nextTurn()
  }
  return merged
}

function mergePoints(
  { name, kind }: Family,
  first: AnyDataPoint,
  second: AnyDataPoint,
  reporter: Reporter,
): AnyDataPoint {
  const merged = kind === 'gauge' ? second : merge(first, second)
  const instead =
    kind === 'gauge'
      ? 'the last one is exposed'
      : merged
        ? 'they are added up'
        : 'their buckets differ, and the first one is exposed'
  reporter.once(
    `metric twice ${name}`,
    `metric ${name}: two instruments have the same series; ${instead}`,
  )
  return merged ?? first
}

function merge(a: AnyDataPoint, b: AnyDataPoint): AnyDataPoint | undefined {
  if (typeof a.value === 'number' && typeof b.value === 'number') {
    return { ...a, value: a.value + b.value }
  }
  if (typeof a.value === 'number' || typeof b.value === 'number') return undefined
  const [left, right] = [a.value, b.value]
  if (left.buckets.boundaries.join() !== right.buckets.boundaries.join()) return undefined
  return {
    ...a,
    value: {
      ...left,
      count: left.count + right.count,
      sum: (left.sum ?? 0) + (right.sum ?? 0),
      buckets: {
        boundaries: left.buckets.boundaries,
        counts: left.buckets.counts.map((count, index) => count + right.buckets.counts[index]!),
      },
    },
  }
}

/** A histogram owns three further names; a metric may neither take nor be one of them. */
function clashes(families: Map<string, Family>, name: string, kind: PrometheusKind): boolean {
  const parts = ['_bucket', '_sum', '_count']
  if (kind === 'histogram' && parts.some((part) => families.has(name + part))) return true
  return parts.some(
    (part) =>
      name.endsWith(part) && families.get(name.slice(0, -part.length))?.kind === 'histogram',
  )
}

function toKind(metric: MetricData): PrometheusKind | undefined {
  const type: number = metric.dataPointType
  if (type === HISTOGRAM) return 'histogram'
  if (type === GAUGE) return 'gauge'
  if (type !== SUM) return undefined
  return (metric as { isMonotonic?: boolean }).isMonotonic ? 'counter' : 'gauge'
}
