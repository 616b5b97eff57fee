import { nearestName } from './nearest-name.ts'
import type { Environment } from './settle.ts'

/**
 * Variables that others read, an instrumentation or the launcher of the stack: known, though no table of ours has them.
 *
 * @see https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/
 */
const READ_BY_OTHERS: readonly string[] = [
  'OTEL_SEMCONV_STABILITY_OPT_IN',
  'TELLTALE_CACHE_DIRECTORY',
  'TELLTALE_TEST_POSTGRES_URL',
]

const PULLED = 'metrics are pulled by Prometheus, not pushed'
const INSECURE = 'it is for OTLP/gRPC; over HTTP the scheme of the URL decides'
const TLS = 'TLS files are the same for all signals; use the variable without the signal'
const ZIPKIN = 'spans are sent by OTLP'

/** Standard variables that are understood elsewhere and have no effect here, with the reason. */
const WITHOUT_EFFECT: Readonly<Record<string, string>> = {
  OTEL_CONFIG_FILE: 'configuration files are not read; use init() options or OTEL_* variables',
  OTEL_ENTITIES: 'entities are not supported; use OTEL_RESOURCE_ATTRIBUTES',
  OTEL_EXPORTER_OTLP_INSECURE: INSECURE,
  OTEL_EXPORTER_OTLP_TRACES_INSECURE: INSECURE,
  OTEL_EXPORTER_OTLP_LOGS_INSECURE: INSECURE,
  OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE: TLS,
  OTEL_EXPORTER_OTLP_TRACES_CLIENT_KEY: TLS,
  OTEL_EXPORTER_OTLP_TRACES_CLIENT_CERTIFICATE: TLS,
  OTEL_EXPORTER_OTLP_LOGS_CERTIFICATE: TLS,
  OTEL_EXPORTER_OTLP_LOGS_CLIENT_KEY: TLS,
  OTEL_EXPORTER_OTLP_LOGS_CLIENT_CERTIFICATE: TLS,
  OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: PULLED,
  OTEL_EXPORTER_OTLP_METRICS_PROTOCOL: PULLED,
  OTEL_EXPORTER_OTLP_METRICS_HEADERS: PULLED,
  OTEL_EXPORTER_OTLP_METRICS_TIMEOUT: PULLED,
  OTEL_EXPORTER_OTLP_METRICS_COMPRESSION: PULLED,
  OTEL_EXPORTER_OTLP_METRICS_INSECURE: PULLED,
  OTEL_EXPORTER_OTLP_METRICS_CERTIFICATE: PULLED,
  OTEL_EXPORTER_OTLP_METRICS_CLIENT_KEY: PULLED,
  OTEL_EXPORTER_OTLP_METRICS_CLIENT_CERTIFICATE: PULLED,
  OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE: PULLED,
  OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION: PULLED,
  OTEL_METRIC_EXPORT_INTERVAL: PULLED,
  OTEL_METRIC_EXPORT_TIMEOUT: PULLED,
  OTEL_METRICS_EXEMPLAR_FILTER: 'OpenTelemetry JS records no exemplars',
  OTEL_EXPORTER_ZIPKIN_ENDPOINT: ZIPKIN,
  OTEL_EXPORTER_ZIPKIN_TIMEOUT: ZIPKIN,
  OTEL_NODE_EXPERIMENTAL_SDK_METRICS: "the SDK's own metrics are always on",
}

/** Names misspelt TELLTALE_* and OTEL_* variables with the nearest right one, and those without effect. */
export function checkEnvironmentNames(
  environment: Environment,
  known: readonly string[],
): string[] {
  const candidates = [...known, ...READ_BY_OTHERS, ...Object.keys(WITHOUT_EFFECT)]
  const right = new Set(candidates)
  const warnings: string[] = []
  for (const [name, value] of Object.entries(environment)) {
    if (!/^(TELLTALE|OTEL)_/.test(name) || !value) continue
    const reason = WITHOUT_EFFECT[name]
    if (reason) warnings.push(`${name} has no effect: ${reason}`)
    if (right.has(name)) continue
    const nearest = nearestName(name, candidates)
    warnings.push(`${name} is not a known setting${nearest ? `; did you mean ${nearest}?` : ''}`)
  }
  return warnings
}
