import type { Resource } from '@opentelemetry/resources'
import type { MeterProvider } from '@opentelemetry/sdk-metrics'
import { toReason } from '../core/errors.ts'
import { loadPackage } from '../core/load-package.ts'
import type { Redaction } from '../core/redaction.ts'
import type { Reporter } from '../core/reporter.ts'
import { CATALOGUE_METER } from '../metrics/metrics.ts'
import { createLabelRedaction } from '../metrics/redact-labels.ts'
import { createPrometheusText } from '../metrics/prometheus-reader.ts'
import type { AllSettings } from '../settings.ts'

/** Longest wait for one observable callback at a scrape, in milliseconds. */
const CALLBACK_MILLIS = 5_000

/** The metrics of this process. */
export interface MetricsSignal {
  readonly provider: MeterProvider
  /** The text for /metrics; rejects when the metrics cannot be collected. */
  scrape(): Promise<string>
}

/** Metrics on the OpenTelemetry Prometheus exporter, whose own server is not started. */
export function startMetrics(
  settings: AllSettings['metrics'],
  resource: Resource,
  redaction: Redaction,
  reporter: Reporter,
): MetricsSignal {
  const sdk = loadPackage(
    '@opentelemetry/sdk-metrics',
  ) as typeof import('@opentelemetry/sdk-metrics')
  const { PrometheusExporter } = loadPackage(
    '@opentelemetry/exporter-prometheus',
  ) as typeof import('@opentelemetry/exporter-prometheus')
  const reader = new PrometheusExporter({ preventServerStart: true })
  const exposed = settings.exporters?.includes('prometheus') ?? true
  const limit = settings.cardinalityLimit ?? 2_000
  // For all other instruments; the exporter has no option for it.
  reader.selectCardinalityLimit = () => limit
  const provider = new sdk.MeterProvider({
    resource,
    readers: exposed ? [reader] : [],
    // Declared metrics keep their own bounds before the SDK sees them. No second view may match: it would count twice.
    views: [{ meterName: CATALOGUE_METER, aggregationCardinalityLimit: Infinity }],
  })
  const toText = createPrometheusText(
    { scopeLabels: settings.scopeLabels ?? false, redactLabels: createLabelRedaction(redaction) },
    reporter,
  )
  return {
    provider,
    async scrape() {
      if (!exposed) return '# metrics are turned off by OTEL_METRICS_EXPORTER\n'
      const { resourceMetrics, errors } = await reader.collect({ timeoutMillis: CALLBACK_MILLIS })
      for (const error of errors) {
        reporter.once('metric callback', `a metric callback failed: ${toReason(error)}`)
      }
      return toText(resourceMetrics)
    },
  }
}
