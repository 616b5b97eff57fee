import type { Resource } from '@opentelemetry/resources'
import type { DataPoint, Histogram, MetricData, ResourceMetrics } from '@opentelemetry/sdk-metrics'
import { loadPackage } from '../core/load-package.ts'
import type { Reporter } from '../core/reporter.ts'
import { toPrometheusLabels } from './prometheus-labels.ts'
import { toPrometheusName, type PrometheusKind } from './prometheus-name.ts'

/** Turns collected metrics into the text that Prometheus scrapes. */
export type ToPrometheusText = (collected: ResourceMetrics) => string

type AnyDataPoint = DataPoint<number | Histogram>

/** A metric that has found its place in the text. */
interface Family {
  readonly name: string
  readonly kind: PrometheusKind
  readonly description: string
  readonly points: Map<string, AnyDataPoint>
}

/** DataPointType of sdk-metrics; its values are part of the SDK's stable interface. */
const HISTOGRAM = 0
const GAUGE = 2
const SUM = 3

/**
 * The way from `PrometheusExporter.collect()` to its serializer, with a filter between them that keeps the text valid
 * whatever an instrument or an attribute is called: one bad name would otherwise cost the whole scrape.
 *
 * Each fault is reported once.
 */
export function createPrometheusText(
  options: {
    readonly scopeLabels: boolean
    readonly redactLabels?: (labels: Record<string, string>) => void
  },
  reporter: Reporter,
): ToPrometheusText {
  const { PrometheusSerializer } = loadPackage(
    '@opentelemetry/exporter-prometheus',
  ) as typeof import('@opentelemetry/exporter-prometheus')
  const serializer = new PrometheusSerializer(undefined, false, undefined, false, true)
  return (collected) => {
    const families = new Map<string, Family>()
    for (const { scope, metrics } of collected.scopeMetrics) {
      const scopeLabels = options.scopeLabels
        ? { otel_scope_name: scope.name, otel_scope_version: scope.version ?? '' }
        : undefined
      for (const metric of metrics) {
        addMetric(families, metric, scopeLabels, options.redactLabels, reporter)
      }
    }
    const target = toPrometheusLabels(collected.resource.attributes)
    for (const fault of target.faults) {
      reporter.once(`metric label target_info ${fault}`, `metric target_info: ${fault}`)
    }
    const text = serializer.serialize({
      // The serializer reads nothing of it but the attributes.
      resource: { attributes: target.labels } as unknown as Resource,
      scopeMetrics: [
        { scope: { name: 'telltale' }, metrics: [...families.values()].map(toMetricData) },
      ],
    })
    return `${text.trimEnd()}\n`
  }
}

function addMetric(
  families: Map<string, Family>,
  metric: MetricData,
  scopeLabels: Record<string, string> | undefined,
  redactLabels: ((labels: Record<string, string>) => void) | undefined,
  reporter: Reporter,
): void {
  const { name: original, description, unit } = metric.descriptor
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
    const { labels, faults } = toPrometheusLabels(point.attributes)
    for (const fault of faults) {
      reporter.once(`metric label ${name} ${fault}`, `metric ${name}: ${fault}`)
    }
    redactLabels?.(labels)
    Object.assign(labels, scopeLabels)
    addPoint(family, { ...point, attributes: labels }, reporter)
  }
}

/** A second series with the same labels would make the text invalid: sums are added up, of gauges the last one counts. */
function addPoint(family: Family, point: AnyDataPoint, reporter: Reporter): void {
  const key = toSeriesKey(point)
  const other = family.points.get(key)
  if (!other) {
    family.points.set(key, point)
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
  if (merged) family.points.set(key, merged)
}

function toSeriesKey({ attributes }: AnyDataPoint): string {
  return JSON.stringify(Object.entries(attributes).toSorted(([a], [b]) => (a < b ? -1 : 1)))
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

function toMetricData({ name, kind, description, points }: Family): MetricData {
  return {
    // The unit is in the name; a `# UNIT` line would only repeat it.
    descriptor: { name, description, unit: '', type: 'COUNTER', valueType: 1, advice: {} },
    aggregationTemporality: 1,
    dataPointType: kind === 'histogram' ? HISTOGRAM : kind === 'gauge' ? GAUGE : SUM,
    ...(kind === 'counter' && { isMonotonic: true }),
    dataPoints: [...points.values()],
  } as unknown as MetricData
}
