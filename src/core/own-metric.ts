import type { MetricOptions } from '@opentelemetry/api'

/** A metric of Telltale itself, as a module's `metrics.ts` declares it and docs/reference/metrics.md shows it. */
export interface OwnMetric extends MetricOptions {
  readonly kind: 'counter' | 'gauge' | 'histogram'
  /** In OpenTelemetry's words; Prometheus sees it with the unit and a counter's `_total` behind it. */
  readonly name: string
  readonly description: string
  /** Its labels, as Prometheus names them, each with what its values are. */
  readonly labels?: Readonly<Record<string, string>>
}

/** The metrics of a module, by what the module calls them. */
export type OwnMetrics = Readonly<Record<string, OwnMetric>>
