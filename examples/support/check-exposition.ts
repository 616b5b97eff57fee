import { type Family, parseFamilies } from './families.ts'

/** What a line may be: a comment that says something, or a sample. */
const LINE =
  /^(?:# HELP [a-zA-Z_:][\w:]* .*|# TYPE [a-zA-Z_:][\w:]* (?:counter|gauge|histogram|summary|untyped)|[a-zA-Z_:][\w:]*(?:\{(?:[a-zA-Z_]\w*="(?:[^"\\\n]|\\["\\n])*",?)*\})? (?:[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|[+-]Inf|NaN)(?: \d+)?)$/

/** Everything that is wrong with Prometheus text (version 0.0.4); usually nothing. */
export function problemsOfExposition(text: string): string[] {
  const lines = text.split('\n')
  const end = lines.pop()
  const problems = end === '' ? [] : ['the last line does not end']
  for (const line of lines) if (!LINE.test(line)) problems.push(`no such line: ${line}`)
  for (const name of doubled(namesOf(lines, 'TYPE'))) problems.push(`two TYPE lines: ${name}`)
  for (const name of doubled(namesOf(lines, 'HELP'))) problems.push(`two HELP lines: ${name}`)
  const series = lines.filter((line) => !line.startsWith('#')).map(toSeries)
  for (const each of doubled(series)) problems.push(`a series that is there twice: ${each}`)
  for (const name of doubled(runsOf(series.map((each) => /^[\w:]+/.exec(each)?.[0] ?? '')))) {
    // The parts of a histogram may alternate, from series to series.
    if (!/_(?:bucket|sum|count)$/.test(name)) problems.push(`series that are scattered: ${name}`)
  }
  return [...problems, ...[...parseFamilies(text).values()].flatMap(problemsOfHistogram)]
}

function problemsOfHistogram({ name, type, samples }: Family): string[] {
  if (type !== 'histogram') return []
  const problems: string[] = []
  const counts = samples.filter((sample) => sample.name === `${name}_count`)
  for (const { labels, value: count } of counts) {
    const buckets = samples.filter(
      (sample) =>
        sample.name === `${name}_bucket` &&
        Object.entries(labels).every(([label, value]) => sample.labels[label] === value),
    )
    const last = buckets.at(-1)
    if (last?.labels['le'] !== '+Inf' || last.value !== count) {
      problems.push(`the last bucket of ${name} is not its count`)
    }
    const isRising = buckets.every(({ value }, index) => value >= (buckets[index - 1]?.value ?? 0))
    if (!isRising) problems.push(`the buckets of ${name} do not rise`)
  }
  return problems
}

function namesOf(lines: readonly string[], word: string): string[] {
  return lines
    .filter((line) => line.startsWith(`# ${word} `))
    .map((line) => line.split(' ')[2] ?? '')
}

/** A sample without its value. */
function toSeries(line: string): string {
  return /^[\w:]+(?:\{.*\})?/.exec(line)?.[0] ?? line
}

/** What follows upon itself, once. */
function runsOf(names: readonly string[]): string[] {
  return names.filter((name, index) => name !== names[index - 1])
}

function doubled(texts: readonly string[]): string[] {
  const seen = new Set<string>()
  return texts.filter((text) => seen.size === seen.add(text).size)
}
