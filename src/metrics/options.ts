import { flag, list, wholeNumber, type SettingsOf } from '../config/setting.ts'

/** Settings of metrics. */
export interface MetricsOptions {
  /** `prometheus` (default) or `none`. */
  exporters?: readonly string[] | undefined
  /** Puts `otel_scope_name` and `otel_scope_version` on every series. Default false. */
  scopeLabels?: boolean | undefined
  /** Series that an instrument of the plain Meter API may have, the one that takes what is beyond included: `otel_metric_overflow`. Default 2 000. */
  cardinalityLimit?: number | undefined
}

export const metricsSettings = {
  exporters: list<readonly string[]>({
    env: 'OTEL_METRICS_EXPORTER',
    default: ['prometheus'],
    words: ['prometheus', 'none'],
  }),
  scopeLabels: flag({ env: 'TELLTALE_METRICS_SCOPE_LABELS', default: false }),
  cardinalityLimit: wholeNumber({
    env: 'TELLTALE_METRICS_CARDINALITY_LIMIT',
    default: 2_000,
    min: 1,
  }),
} satisfies SettingsOf<MetricsOptions>
