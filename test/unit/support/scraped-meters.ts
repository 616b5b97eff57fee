import type { MeterProvider } from '@opentelemetry/api'
import { PrometheusExporter } from '@opentelemetry/exporter-prometheus'
import { MeterProvider as SdkMeterProvider } from '@opentelemetry/sdk-metrics'
import type { Reporter } from '../../../src/core/reporter.ts'
import { createMeters, type MetersOptions } from '../../../src/metrics/meters-reader.ts'
import { createPrometheusText } from '../../../src/metrics/prometheus-reader.ts'

/** Our meters behind the real exporter, as `init()` has them. */
export interface ScrapedMeters {
  readonly provider: MeterProvider
  /** What /metrics would show, and what was wrong with callbacks. */
  scrape(timeoutMillis?: number): Promise<{ readonly text: string; readonly errors: unknown[] }>
}

/** Makes the meters; with `parts`, those of a process of its own. */
export function createScrapedMeters(
  reporter: Reporter,
  options: Partial<MetersOptions> = {},
  parts = { createMeters, createPrometheusText },
): ScrapedMeters {
  const meters = parts.createMeters(
    { cardinalityLimit: 2_000, declared: [], own: [], ...options },
    reporter,
  )
  const reader = new PrometheusExporter({
    preventServerStart: true,
    metricProducers: [meters.producer],
  })
  // The reader has the resource from it.
  void new SdkMeterProvider({ readers: [reader] })
  const toText = parts.createPrometheusText({ scopeLabels: false }, reporter)
  return {
    provider: meters.provider,
    async scrape(timeoutMillis) {
      const { resourceMetrics, errors } = await reader.collect(
        timeoutMillis === undefined ? {} : { timeoutMillis },
      )
      return { text: (await toText(resourceMetrics)).join(''), errors }
    },
  }
}
