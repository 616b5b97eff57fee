import type { Attributes } from '@opentelemetry/api'
import { areWithinLimits, METRIC_LIMITS, toWithinLimits } from './metric-limits.ts'

/** Labels that Prometheus keeps for the parts of histograms and summaries. */
const RESERVED: ReadonlySet<string> = new Set(['le', 'quantile'])

/** Labels as they can be exposed; `faults` says what had to be changed. */
export interface PrometheusLabels {
  readonly labels: Record<string, string>
  readonly faults: readonly string[]
}

/**
 * Attributes as Prometheus labels: valid names, none that Prometheus reserves, none twice.
 *
 * `le` and `quantile` become `exported_le` and `exported_quantile`, as Prometheus does with labels that a target
 * should not have; keys that fall together have their values joined with `;`, in the order of the keys. The attributes of a resource
 * may be any length: what is beyond the limits is cut off.
 *
 * @see https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/#metric-attributes
 */
export function toPrometheusLabels(given: Attributes): PrometheusLabels {
  const labels: Record<string, string> = Object.create(null)
  const faults: string[] = []
  let attributes = given
  if (!areWithinLimits(given)) {
    attributes = toWithinLimits(given)
    faults.push(
      `a label is longer than ${METRIC_LIMITS.label} characters, or there are more than ${METRIC_LIMITS.labels} of them; what is beyond is cut off`,
    )
  }
  for (const [key, value] of Object.entries(attributes).toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    if (value === undefined || value === null) continue
    const label = toLabelName(key)
    if (label !== key && !isOrdinary(key))
      faults.push(`the attribute "${key}" is exposed as "${label}"`)
    const text = toText(value)
    if (label in labels) {
      faults.push(
        `the attribute "${key}" falls together with another as "${label}"; values are joined`,
      )
      labels[label] += `;${text}`
    } else {
      labels[label] = text
    }
  }
  return { labels, faults }
}

/** The value on one line; what no attribute may be, such as a function, must not cost the whole scrape. */
function toText(value: unknown): string {
  // Half a sign is another one on the wire: two texts would be one label, and two series the same.
  if (typeof value === 'string') return value.replaceAll('\r', ' ').toWellFormed()
  if (typeof value === 'bigint') return value.toString()
  try {
    return JSON.stringify(value) ?? typeof value
  } catch {
    return typeof value
  }
}

/** Dots and dashes become underscores without a word: that is OpenTelemetry's own translation. */
function isOrdinary(key: string): boolean {
  return /^[a-zA-Z][a-zA-Z0-9_.\-/]*$/.test(key) && !RESERVED.has(key)
}

function toLabelName(key: string): string {
  const name = key.replaceAll(/[^a-zA-Z0-9_]/g, '_').replaceAll(/_{2,}/g, '_')
  const valid = /^[a-zA-Z_]/.test(name) ? name : `key_${name}`
  if (valid === '_' || valid === '') return 'key'
  // Names that begin with two underscores are Prometheus' own; here two have already become one.
  if (key.startsWith('__')) return `exported${valid}`
  return valid === 'le' || valid === 'quantile' ? `exported_${valid}` : valid
}
