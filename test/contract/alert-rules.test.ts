import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { ownMetricNames } from '../../docs/metrics-page.ts'
import { collectorMetricNames } from '../support/metric-names.ts'

interface Rule {
  readonly alert: string
  readonly expr: string
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
}

interface Cases {
  readonly tests: readonly {
    readonly alert_rule_test: readonly {
      readonly alertname: string
      readonly exp_alerts: readonly object[]
    }[]
  }[]
}

const repository = fileURLToPath(new URL('../..', import.meta.url))
const read = (path: string): string => readFileSync(join(repository, path), 'utf8')
const { groups } = parse(read('deploy/prometheus/rules/audit.yaml')) as {
  readonly groups: readonly { readonly rules: readonly Rule[] }[]
}
const rules = groups.flatMap((group) => group.rules)
const metricNames = (text: string): string[] => [
  ...new Set(text.match(/\b(?:telltale|otelcol)_[a-z0-9_]+/g)),
]

test('the alerts of the audit trail ask for metrics that exist', () => {
  const existing = new Set([...ownMetricNames(), ...collectorMetricNames()])
  const asked = rules.flatMap(({ expr }) => metricNames(expr))

  expect(asked.length).toBeGreaterThan(rules.length)
  expect(asked.filter((name) => !existing.has(name))).toEqual([])
})

test('the cases that promtool runs use metrics that exist', () => {
  const existing = new Set([...ownMetricNames(), ...collectorMetricNames()])
  const used = metricNames(read('test/fixtures/alerts/audit.yaml'))

  expect(used.filter((name) => !existing.has(name))).toEqual([])
})

test.each(rules)('$alert has its section in the runbook', ({ alert, labels, annotations }) => {
  const sections = read('docs/runbooks/audit.md').split(/^## /m)
  const own = sections.filter((section) => section.startsWith(`${alert}\n`))

  expect(own).toHaveLength(1)
  for (const part of ['**Means:**', '**Safe meanwhile:**', '**Do:**'])
    expect(own[0]).toContain(part)
  expect(annotations['runbook']).toBe(`docs/runbooks/audit.md#${alert.toLowerCase()}`)
  expect(['warning', 'critical']).toContain(labels['severity'])
})

test('the runbook has no section about an alert that is gone', () => {
  const titles = [...read('docs/runbooks/audit.md').matchAll(/^## (Audit\w+)$/gm)].map(
    ([, title]) => title,
  )

  expect(new Set(titles)).toEqual(new Set(rules.map(({ alert }) => alert)))
  expect(titles).toHaveLength(rules.length)
})

test('promtool is given a case in which each alert comes, and one in which it does not', () => {
  const { tests } = parse(read('test/fixtures/alerts/audit.yaml')) as Cases
  const expectations = tests.flatMap((each) => each.alert_rule_test)
  const namesWhere = (comes: boolean): string[] => [
    ...new Set(
      expectations
        .filter(({ exp_alerts: alerts }) => alerts.length > 0 === comes)
        .map(({ alertname }) => alertname),
    ),
  ]
  const all = rules.map(({ alert }) => alert)

  expect(namesWhere(true)).toEqual(expect.arrayContaining(all))
  expect(namesWhere(false)).toEqual(expect.arrayContaining(all))
})
