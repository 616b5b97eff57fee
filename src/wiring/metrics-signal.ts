import { createNoopMeter, type MeterProvider } from '@opentelemetry/api'
import type { Resource } from '@opentelemetry/resources'
import { toReason } from '../core/errors.ts'
import { nextTurn } from '../core/event-loop-turn.ts'
import { loadPackage } from '../core/load-package.ts'
import type { Redaction } from '../core/redaction.ts'
import type { Reporter } from '../core/reporter.ts'
import { CATALOGUE_METER, OWN_METER } from '../metrics/metrics.ts'
import { CallbackError } from '../metrics/callbacks.ts'
import { createMeters } from '../metrics/meters-reader.ts'
import { createPrometheusText } from '../metrics/prometheus-reader.ts'
import { createLabelRedaction } from '../metrics/redact-labels.ts'
import type { AllSettings } from '../settings.ts'

/** Longest wait for one observable callback at a scrape, in milliseconds. */
const CALLBACK_MILLIS = 5_000

/** The metrics of this process. */
export interface MetricsSignal {
  readonly provider: MeterProvider
  /** The text for /metrics, in pieces; rejects when the metrics cannot be collected. Who asks while one is made gets the same. */
  scrape(): Promise<readonly string[]>
  /** Collects nothing from now on. */
  shutdown(): Promise<void>
}

/** Metrics on the OpenTelemetry Prometheus exporter, whose own server is not started. */
export function startMetrics(
  settings: AllSettings['metrics'],
  resource: Resource,
  redaction: Redaction,
  reporter: Reporter,
): MetricsSignal {
  if (!(settings.exporters?.includes('prometheus') ?? true)) {
    return {
      provider: { getMeter: () => createNoopMeter() },
      scrape: async () => ['# metrics are turned off by OTEL_METRICS_EXPORTER\n'],
      shutdown: async () => undefined,
    }
  }
  const sdk = loadPackage(
    '@opentelemetry/sdk-metrics',
  ) as typeof import('@opentelemetry/sdk-metrics')
  const { PrometheusExporter } = loadPackage(
    '@opentelemetry/exporter-prometheus',
  ) as typeof import('@opentelemetry/exporter-prometheus')
  const meters = createMeters(
    {
      cardinalityLimit: settings.cardinalityLimit ?? 2_000,
      declared: [CATALOGUE_METER],
      own: [OWN_METER],
    },
    reporter,
  )
  const reader = new PrometheusExporter({
    preventServerStart: true,
    metricProducers: [meters.producer],
  })
  // It makes no instruments: it gives the reader the resource, and ends it.
  const sdkProvider = new sdk.MeterProvider({ resource, readers: [reader] })
  const toText = createPrometheusText(
    { scopeLabels: settings.scopeLabels ?? false, redactLabels: createLabelRedaction(redaction) },
    reporter,
  )

  async function collect(): Promise<readonly string[]> {
    // The request has taken a part of this turn, and most of it when it is the first one.
    await nextTurn()
    const { resourceMetrics, errors } = await reader.collect({ timeoutMillis: CALLBACK_MILLIS })
    for (const error of errors) {
      const metric = error instanceof CallbackError ? error.metric : ''
      reporter.once(`metric callback ${metric}`, `a metric callback failed: ${toReason(error)}`)
    }
    return toText(resourceMetrics)
  }

  let underWay: Promise<readonly string[]> | undefined
  return {
    provider: meters.provider,
    async scrape() {
      return (underWay ??= collect().finally(() => {
        underWay = undefined
      }))
    },
    shutdown: () => sdkProvider.shutdown(),
  }
}
