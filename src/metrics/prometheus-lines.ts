import type { Attributes } from '@opentelemetry/api'
import type { HistogramValue } from './cells.ts'
import { toPrometheusLabels } from './prometheus-labels.ts'
import type { PrometheusKind } from './prometheus-name.ts'

/** Labels as they stand between the braces; `faults` says what had to be changed. */
export interface SeriesText {
  readonly text: string
  readonly faults: readonly string[]
}

/** The labels of a series, sorted, as they stand between the braces: two series with the same text are the same. */
export type ToSeriesText = (attributes: Attributes) => SeriesText

/** The SDK gives the same object for a series at each scrape, so its labels are put into words, without secrets, once. */
export function createSeriesTexts(
  redactLabels: (labels: Record<string, string>) => void = () => undefined,
): ToSeriesText {
  const known = new WeakMap<Attributes, SeriesText>()
  return (given) => {
    // JavaScript lets attributes be a text, and the SDK takes it.
    const attributes = typeof given === 'object' ? given : NONE
    let found = known.get(attributes)
    if (!found) {
      const { labels, faults } = toPrometheusLabels(attributes)
      redactLabels(labels)
      found = { text: toLabelsText(labels), faults }
      known.set(attributes, found)
    }
    return found
  }
}

const NONE: Attributes = {}

/** Valid labels as they stand between the braces. */
export function toLabelsText(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}="${escape(value).replaceAll('"', '\\"')}"`)
    .join(',')
}

/** The two lines before a metric's series. */
export function toHead(family: {
  readonly name: string
  readonly kind: PrometheusKind
  readonly description: string
}): string {
  const { name, kind, description } = family
  return `# HELP ${name} ${escape(description || 'description missing')}\n# TYPE ${name} ${kind}\n`
}

/** The lines of one series. */
export function toLines(name: string, labels: string, value: number | HistogramValue): string {
  if (typeof value === 'number') return toLine(name, labels, value)
  const { count, sum = 0, buckets } = value
  let lines = toLine(`${name}_count`, labels, count) + toLine(`${name}_sum`, labels, sum)
  const comma = labels === '' ? '' : ','
  let total = 0
  for (const [index, inBucket] of buckets.counts.entries()) {
    total += inBucket
    const bound = buckets.boundaries[index]
    const le = bound === undefined || bound === Infinity ? '+Inf' : String(bound)
    lines += `${name}_bucket{${labels}${comma}le="${le}"} ${total}\n`
    if (bound === Infinity) break
  }
  return lines
}

function toLine(name: string, labels: string, value: number): string {
  return labels === '' ? `${name} ${toNumber(value)}\n` : `${name}{${labels}} ${toNumber(value)}\n`
}

function toNumber(value: number): string {
  if (value === Infinity) return '+Inf'
  return value === -Infinity ? '-Inf' : String(value)
}

function escape(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')
}
