import { markdownTable } from '../core/markdown-table.ts'
import type { MetricDefinition } from './definitions.ts'
import type { LabelRules } from './label-types.ts'
import type { PrometheusKind } from './prometheus-name.ts'

/**
 * The table of a catalogue in Markdown: names, types, labels and descriptions as /metrics has them.
 *
 * @param catalogue - what `defineMetrics()` has made
 */
export function metricsToMarkdown(
  catalogue: Readonly<Record<string, { readonly definition: MetricDefinition }>>,
): string {
  return markdownTable(
    ['metric', 'type', 'labels', 'says'],
    Object.values(catalogue).map(({ definition }) => toRow(definition)),
  )
}

/** The type that Prometheus sees. */
export function typeOf({ kind }: MetricDefinition): PrometheusKind {
  if (kind === 'counter' || kind === 'histogram') return kind
  return 'gauge'
}

/** What the values of each label are. */
export function labelsInWords(labels: LabelRules = {}): Record<string, string> {
  return Object.fromEntries(
    Object.entries(labels).map(([label, rule]) => [
      label,
      'upTo' in rule ? `up to ${rule.upTo}` : rule.map((value) => `\`${value}\``).join(', '),
    ]),
  )
}

function toRow(definition: MetricDefinition): string[] {
  const { name, labels, description, buckets } = definition
  const bounds = buckets ? ` Buckets: ${buckets.join(', ')}.` : ''
  return [
    `\`${name}\``,
    typeOf(definition),
    Object.entries(labelsInWords(labels))
      .map(([label, values]) => `\`${label}\`: ${values}`)
      .join('; '),
    description.replaceAll(/\s+/g, ' ') + bounds,
  ]
}
