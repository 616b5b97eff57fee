import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { ownMetricNames, ownMetricTables } from '../../docs/metrics-page.ts'
import { collectorMetricNames, exampleMetricNames } from '../support/metric-names.ts'
import { promqlNames } from '../support/promql-names.ts'

const repository = fileURLToPath(new URL('../..', import.meta.url))
const read = (path: string): string => readFileSync(join(repository, path), 'utf8')
const find = (pattern: string): string[] => globSync(pattern, { cwd: repository })

/** What Prometheus itself says of whatever it scrapes. */
const OF_PROMETHEUS = ['up', 'ALERTS', 'scrape_samples_scraped', 'scrape_duration_seconds']

/** Every expression below a value, whatever the file is: rules have `expr`, and so have the targets of dashboards. */
function expressionsOf(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, each]) =>
    key === 'expr' && typeof each === 'string' ? [each] : expressionsOf(each),
  )
}

/** Names that rules record under, which other rules may then ask for. */
function recordedBy(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, each]) =>
    key === 'record' && typeof each === 'string' ? [each] : recordedBy(each),
  )
}

const files = [...find('deploy/**/rules/**/*.yaml'), ...find('deploy/**/dashboards/**/*.json')]
const parsed = files.map((path) => ({ path, content: parse(read(path)) as unknown }))

describe('rules and dashboards', () => {
  let known: ReadonlySet<string>
  beforeAll(async () => {
    known = new Set([
      ...OF_PROMETHEUS,
      ...ownMetricNames(),
      ...collectorMetricNames(),
      ...(await exampleMetricNames()),
      ...parsed.flatMap(({ content }) => recordedBy(content)),
    ])
  })

  test('the catalogues of the examples are found', () => {
    expect(known).toContain('http_request_duration_seconds_bucket')
    expect(known).toContain('reward_claims_total')
  })

  test('there are some', () => {
    expect(parsed.flatMap(({ content }) => expressionsOf(content)).length).toBeGreaterThan(10)
  })

  test.each(parsed)('$path asks for declared metrics only', ({ content }) => {
    const asked = expressionsOf(content)
      // What Loki is asked for begins with a selector and names no metric.
      .filter((expression) => !/\|[=~>]|\{[^}]*\}\s*\|/.test(expression))
      .flatMap((expression) => promqlNames(expression))

    expect([...new Set(asked)].filter((name) => !known.has(name))).toEqual([])
  })
})

describe('our own metrics', () => {
  test('no two have the same name', () => {
    const names = ownMetricNames()

    expect(names).toEqual([...new Set(names)])
  })

  test('are made from the tables that docs/metrics-page.ts shows, never from a name beside them', () => {
    const literal = /\.create(?:Observable)?(?:Counter|UpDownCounter|Gauge|Histogram)\(\s*['"`]/
    const makers = find('src/**/metrics.ts').filter((path) => literal.test(read(path)))

    expect(makers).toEqual([])
  })

  test('every table of a module is shown', () => {
    const names = new Set(
      ownMetricTables.flatMap(([, table]) => Object.values(table).map(({ name }) => name)),
    )
    const declared = find('src/**/metrics.ts').flatMap((path) =>
      [...read(path).matchAll(/^\s+name: ['`]([^'`]+)['`],$/gm)].map(([, name]) => name!),
    )

    expect(declared.length).toBeGreaterThan(10)
    expect(declared.filter((name) => !names.has(name) && !name.includes('${'))).toEqual([])
  })
})
