import { auditMetrics, copyMetrics } from '../src/audit/metrics.ts'
import type { OwnMetric, OwnMetrics } from '../src/core/own-metric.ts'
import { healthMetrics } from '../src/health/metrics.ts'
import { jobMetrics } from '../src/jobs/metrics.ts'
import type { MetricDefinition } from '../src/metrics/definitions.ts'
import { labelsInWords, typeOf } from '../src/metrics/metrics-to-markdown.ts'
import { catalogueMetrics } from '../src/metrics/metrics.ts'
import { operationMetrics } from '../src/operations/metrics.ts'
import { toPrometheusName } from '../src/metrics/prometheus-name.ts'
import { pipelineMetrics } from '../src/otlp/metrics.ts'
import { sentryMetrics } from '../src/sentry/metrics.ts'
import { markdownTable, page } from './markdown.ts'

/** Every table of our own metrics, with what it is about. */
export const ownMetricTables: readonly (readonly [about: string, table: OwnMetrics])[] = [
  ['Spans on their way out', pipelineMetrics('span')],
  ['Log records on their way out', pipelineMetrics('log')],
  ['The audit trail', auditMetrics],
  ['Copies of audit records in a file', copyMetrics],
  ['Errors for Sentry', sentryMetrics],
  ['Health checks', healthMetrics],
  ['Operations that are not measured by instruments of the team', ofCatalogue(operationMetrics)],
  ['Jobs', ofCatalogue(jobMetrics)],
  ['Metrics declared by the application', catalogueMetrics],
]

/** What a module declares as an application would, as a table. */
function ofCatalogue(
  catalogue: Readonly<Record<string, { readonly definition: MetricDefinition }>>,
): OwnMetrics {
  return Object.fromEntries(
    Object.entries(catalogue).map(([key, { definition }]) => {
      const { name, description, unit = '', labels } = definition
      const own = {
        kind: typeOf(definition),
        name,
        description,
        unit,
        labels: labelsInWords(labels),
      }
      return [key, own satisfies OwnMetric]
    }),
  )
}

/** The names under which Prometheus sees our own metrics. */
export function ownMetricNames(): string[] {
  return ownMetricTables
    .flatMap(([, table]) => Object.values(table))
    .flatMap((metric) => {
      const parts = metric.kind === 'histogram' ? ['_bucket', '_sum', '_count'] : ['']
      return parts.map((part) => toName(metric) + part)
    })
}

/** What Telltale shows of itself on :9090, from the tables that the instruments are made of. */
export function metricsPage(): string {
  return page(
    'Metrics of Telltale itself',
    "On :9090 beside the application's. Counters exist at 0 from the start, so that `increase()` sees the first loss.",
    ...ownMetricTables.flatMap(([about, table]) => [`## ${about}`, toTable(table)]),
    '## Besides',
    '`target_info` has the attributes of the resource: who is speaking.',
    'The instrumentations add `http_server_request_duration_seconds`, `http_client_request_duration_seconds`, `db_client_operation_duration_seconds` and the connection counts of pg, under the [semantic conventions](https://opentelemetry.io/docs/specs/semconv/) of OpenTelemetry.',
    'An alert on lost telemetry:',
    '```\nincrease(otel_sdk_processor_span_processed_total{error_type="queue_full"}[5m]) > 0\n  or increase(otel_sdk_exporter_span_exported_total{error_type!=""}[5m]) > 0\n```',
    'The metrics of the application are in its own catalogue: [metrics](../guide/metrics.md).',
  )
}

function toTable(table: OwnMetrics): string {
  return markdownTable(
    ['metric', 'type', 'labels', 'says'],
    Object.values(table).map((metric: OwnMetric) => [
      `\`${toName(metric)}\``,
      metric.kind,
      Object.entries(metric.labels ?? {})
        .map(([label, values]) => `\`${label}\`: ${values}`)
        .join('; '),
      metric.description,
    ]),
  )
}

function toName({ name, unit, kind }: OwnMetric): string {
  return toPrometheusName(name, unit ?? '', kind)
}
