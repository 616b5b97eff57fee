import type { Attributes } from '@opentelemetry/api'
import type { HistogramValue } from './cells.ts'
import { toPrometheusLabels } from './prometheus-labels.ts'
import type { PrometheusKind } from './prometheus-name.ts'

/** The labels of a series in words; two series with the same words are the same. */
export interface SeriesText {
  /** Sorted, as they stand between the braces. */
  readonly labels: string
  /** What had to be changed. */
  readonly faults: readonly string[]
  /** What stands before the value in a line of the metric of this name. */
  startOf(name: string): string
}

/** Puts labels into words; those of the scope, already in words, come last. */
export type ToSeriesText = (attributes: Attributes, scopeText: string) => SeriesText

/** A series has the same object at each scrape, so its labels are put into words, without secrets, once. */
export function createSeriesTexts(
  redactLabels: (labels: Record<string, string>) => void = () => undefined,
): ToSeriesText {
  const known = new WeakMap<Attributes, StoredText>()
  return (given, scopeText) => {
    // JavaScript lets attributes be a text.
    const attributes = typeof given === 'object' ? given : NONE
    const before = known.get(attributes)
    if (before?.scopeText === scopeText) return before
    const { labels, faults } = toPrometheusLabels(attributes)
    redactLabels(labels)
    const made = new StoredText(toLabelsText(labels), scopeText, faults)
    known.set(attributes, made)
    return made
  }
}

class StoredText implements SeriesText {
  readonly scopeText: string
  readonly faults: readonly string[]
  /** Kept instead of the labels, which are in it: a line is written from what is there already. */
  #start: string
  #name = ''

  constructor(text: string, scopeText: string, faults: readonly string[]) {
    this.scopeText = scopeText
    this.faults = faults.length === 0 ? NO_FAULTS : faults
    const labels = text === '' || scopeText === '' ? text + scopeText : `${text},${scopeText}`
    this.#start = toStart('', labels)
  }

  get labels(): string {
    return this.#start.slice(this.#name.length + 1, -2)
  }

  startOf(name: string): string {
    if (this.#name !== name) {
      this.#start = toStart(name, this.labels)
      this.#name = name
    }
    return this.#start
  }
}

/** What stands before the value in a line. */
export function toStart(name: string, labels: string): string {
  // Joined, not added: a text that is put together lazily would be taken apart again at each scrape.
  return labels === '' ? `${name} ` : [name, '{', labels, '} '].join('')
}

const NONE: Attributes = {}

/** One for all series: nearly all have none. */
const NO_FAULTS: readonly string[] = []

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

/** The lines of one series of a histogram. */
export function toHistogramLines(name: string, labels: string, value: HistogramValue): string {
  const { count, sum = 0, buckets } = value
  const braced = labels === '' ? '' : `{${labels}}`
  let lines = `${name}_count${braced} ${count}\n${name}_sum${braced} ${toNumber(sum)}\n`
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

/** A value as Prometheus writes it. */
export function toNumber(value: number): string {
  if (value === Infinity) return '+Inf'
  return value === -Infinity ? '-Inf' : String(value)
}

function escape(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')
}
