import type { Attributes } from '@opentelemetry/api'
import type { DataPoint, Histogram, MetricData, ResourceMetrics } from '@opentelemetry/sdk-metrics'
import type { Reporter } from '../core/reporter.ts'
import { toPrometheusLabels } from './prometheus-labels.ts'
import { toPrometheusName, type PrometheusKind } from './prometheus-name.ts'
import {
  createSeriesTexts,
  toHead,
  toLabelsText,
  toLines,
  type ToSeriesText,
} from './prometheus-lines.ts'
import { startTimeSlices, type TimeSlices } from './time-slices.ts'

/** Turns collected metrics into the text that Prometheus scrapes. */
export type ToPrometheusText = (collected: ResourceMetrics) => Promise<string>

type AnyDataPoint = DataPoint<number | Histogram>

/** A metric that has found its place in the text; its points by their labels as text. */
interface Family {
  readonly name: string
  readonly kind: PrometheusKind
  readonly description: string
  readonly points: Map<string, AnyDataPoint>
}

/** What one piece of the text is made with. */
interface Making {
  readonly families: Map<string, Family>
  readonly slices: TimeSlices
  readonly reporter: Reporter
  readonly scopeText: string
  readonly toSeriesText: ToSeriesText
}

/** DataPointType of sdk-metrics; its values are part of the SDK's stable interface. */
const HISTOGRAM = 0
const GAUGE = 2
const SUM = 3

/** How long making the text may hold the event loop at a stretch, in milliseconds. */
const SLICE_MILLIS = 2

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
  return async (collected) => {
    const slices = startTimeSlices(SLICE_MILLIS)
    const families = new Map<string, Family>()
    for (const { scope, metrics } of collected.scopeMetrics) {
      const scopeText = options.scopeLabels
        ? toLabelsText({ otel_scope_name: scope.name, otel_scope_version: scope.version ?? '' })
        : ''
      for (const metric of metrics) {
        await addMetric({ families, slices, reporter, scopeText, toSeriesText }, metric)
      }
    }
    // Joined piece by piece: one join of everything at the end would hold the event loop up.
    const pieces: string[] = []
    let lines = [targetInfo(collected.resource.attributes, reporter)]
    for (const family of families.values()) {
      lines.push(toHead(family))
      for (const [labels, { value }] of family.points) {
        lines.push(toLines(family.name, labels, value))
        if (slices.isOver()) {
          pieces.push(lines.join(''))
          lines = []
          await slices.next()
        }
      }
    }
    return pieces.join('') + lines.join('')
  }
}

function targetInfo(attributes: Attributes, reporter: Reporter): string {
  const { labels, faults } = toPrometheusLabels(attributes)
  for (const fault of faults) {
    reporter.once(`metric label target_info ${fault}`, `metric target_info: ${fault}`)
  }
  const head = toHead({ name: 'target_info', kind: 'gauge', description: 'Target metadata' })
  return head + toLines('target_info', toLabelsText(labels), 1)
}

async function addMetric(
  { families, slices, reporter, scopeText, toSeriesText }: Making,
  metric: MetricData,
): Promise<void> {
  // JavaScript lets them be anything, and the SDK takes it.
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
  const family = families.get(name) ?? { name, kind, description, points: new Map() }
  if (family.kind !== kind || clashes(families, name, kind)) {
    reporter.once(
      `metric clash ${original} ${kind}`,
      `the metric "${original}" (${kind}) is not exposed: another metric already uses the name ${name}`,
    )
    return
  }
  families.set(name, family)
  for (const point of metric.dataPoints as AnyDataPoint[]) {
    const { text, faults } = toSeriesText(point.attributes)
    for (const fault of faults) {
      reporter.once(`metric label ${name} ${fault}`, `metric ${name}: ${fault}`)
    }
    const labels = text === '' || scopeText === '' ? text + scopeText : `${text},${scopeText}`
    addPoint(family, labels, point, reporter)
    if (slices.isOver()) await slices.next()
  }
}

/** A second series with the same labels would make the text invalid: sums are added up, of gauges the last one counts. */
function addPoint(family: Family, labels: string, point: AnyDataPoint, reporter: Reporter): void {
  const other = family.points.get(labels)
  if (!other) {
    family.points.set(labels, point)
    return
  }
  const merged = family.kind === 'gauge' ? point : merge(other, point)
  const instead =
    family.kind === 'gauge'
      ? 'the last one is exposed'
      : merged
        ? 'they are added up'
        : 'their buckets differ, and the first one is exposed'
  reporter.once(
    `metric twice ${family.name}`,
    `metric ${family.name}: two instruments have the same series; ${instead}`,
  )
  if (merged) family.points.set(labels, merged)
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
