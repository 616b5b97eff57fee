import type { TestSample } from './test-telemetry.ts'

/** A sample, and whether its value only grows. */
export interface ReadSample extends TestSample {
  readonly isCumulative: boolean
}

const LINE = /^(?<name>[a-zA-Z_:][\w:]*)(?:\{(?<labels>.*)\})? (?<value>\S+)(?: \d+)?$/
const LABEL = /(?<name>[a-zA-Z_]\w*)="(?<value>(?:\\.|[^"\\])*)"/gs

/** Reads the text of /metrics. */
export function readSamples(text: string): ReadSample[] {
  const types = new Map(
    [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, type]) => [name!, type!]),
  )
  return text.split('\n').flatMap((line) => {
    const groups = LINE.exec(line)?.groups
    if (!groups) return []
    const name = groups['name']!
    const family = name.replace(/_(?:bucket|sum|count)$/, '')
    const type = types.get(name) ?? types.get(family)
    return [
      {
        name,
        labels: readLabels(groups['labels'] ?? ''),
        value: readNumber(groups['value']!),
        isCumulative: type === 'counter' || type === 'histogram',
      },
    ]
  })
}

/** What came since `before`: of what only grows the difference, else what is there now. */
export function since(
  before: readonly ReadSample[],
  now: readonly ReadSample[],
): readonly TestSample[] {
  const start = new Map(before.map((sample) => [keyOf(sample), sample.value]))
  return now.map(({ isCumulative, ...sample }) => {
    const from = isCumulative ? (start.get(keyOf(sample)) ?? 0) : 0
    // What is less than before has begun again: the process is another one.
    return { ...sample, value: sample.value < from ? sample.value : sample.value - from }
  })
}

function keyOf({ name, labels }: TestSample): string {
  return JSON.stringify([name, Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1))])
}

function readLabels(text: string): Record<string, string> {
  return Object.fromEntries(
    [...text.matchAll(LABEL)].map(({ groups }) => [groups!['name']!, unescape(groups!['value']!)]),
  )
}

function unescape(text: string): string {
  return text.replaceAll(/\\(.)/gs, (_all, sign: string) => (sign === 'n' ? '\n' : sign))
}

function readNumber(text: string): number {
  if (text === '+Inf' || text === 'Inf') return Infinity
  return text === '-Inf' ? -Infinity : Number(text)
}
