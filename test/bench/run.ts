import { readdirSync } from 'node:fs'
import { parseArgs } from 'node:util'
import type { Benchmark, BenchmarkRequest, Figure, Measured } from './support/benchmark.ts'
import { describeMachine, toLine } from './support/machine.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
    records: { type: 'string' },
  },
})
process.exitCode = await main(positionals, values.json, {
  only: values.only.split(',').filter((part) => part !== ''),
  records: values.records === undefined ? undefined : Number(values.records),
})

async function main(
  given: readonly string[],
  json: boolean,
  request: BenchmarkRequest,
): Promise<number> {
  const names = benchmarkNames()
  const [name] = given
  if (name === undefined) {
    for (const each of names) console.log(`${each.padEnd(16)}${(await load(each)).about}`)
    return 0
  }
  if (given.length > 1 || !names.includes(name)) {
    console.error(`bench takes one of ${names.join(', ')}; got ${given.join(' ')}`)
    return 1
  }
  const benchmark = await load(name)
  const problem = objectionTo(request, benchmark)
  if (problem) {
    console.error(problem)
    return 1
  }
  try {
    const measured = await benchmark.measure((line) => console.error(line), request)
    console.log(json ? toJson(name, measured) : toTable(name, benchmark, measured))
    return 0
  } catch (error) {
    console.error(`${name} could not measure:`, error)
    return 1
  }
}

/** Why a benchmark cannot do what is asked; nothing when it can. */
function objectionTo(
  { only, records }: BenchmarkRequest,
  { parts = [] }: Benchmark,
): string | undefined {
  const unknown = only.filter((part) => !parts.includes(part))
  if (unknown.length > 0) {
    return parts.length > 0
      ? `--only takes one or more of ${parts.join(',')}; got ${unknown.join(',')}`
      : '--only is for benchmarks that have parts, which this one has not'
  }
  if (records !== undefined && !(Number.isSafeInteger(records) && records >= 1)) {
    return `--records must be a whole number of at least 1; got ${values.records}`
  }
  return undefined
}

/** The files beside this one; what they share is in folders. */
function benchmarkNames(): string[] {
  return readdirSync(import.meta.dirname)
    .filter((file) => file.endsWith('.ts') && file !== 'run.ts')
    .map((file) => file.slice(0, -'.ts'.length))
    .toSorted()
}

async function load(name: string): Promise<Benchmark> {
  const { benchmark } = (await import(`./${name}.ts`)) as { benchmark: Benchmark }
  return benchmark
}

function toJson(name: string, { figures, packages }: Measured): string {
  const values = Object.fromEntries(figures.map(({ key, value }) => [key, round(value)]))
  return JSON.stringify({ name, figures: values, machine: describeMachine(packages) })
}

function toTable(name: string, { about }: Benchmark, measured: Measured): string {
  const { figures, packages = {}, notes = [] } = measured
  const rows = figures.map((figure) => toRow(figure))
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column]!.length)))
  const lines = rows.map(([key, value, unit, yardstick]) =>
    `  ${key!.padEnd(widths[0]!)}  ${value!.padStart(widths[1]!)} ${unit!.padEnd(widths[2]!)}  ${yardstick!}`.trimEnd(),
  )
  const versions = Object.entries(packages).map((entry) => `  ${entry.join(' ')}`)
  return [
    `${name}: ${about}`,
    '',
    ...lines,
    '',
    ...(versions.length > 0 ? ['packages:', ...versions] : []),
    `machine: ${toLine(describeMachine())}`,
    ...notes.map((note) => `note: ${note}`),
  ].join('\n')
}

function toRow({ key, value, unit, yardstick = '' }: Figure): string[] {
  return [key, String(round(value)), unit, yardstick]
}

/** Three digits say all that is true of such a number; more would only look exact. */
function round(value: number): number {
  return Math.abs(value) >= 100 ? Math.round(value) : Number(value.toPrecision(3))
}
