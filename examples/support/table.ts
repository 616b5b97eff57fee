import type { Finding } from './contract.ts'
import { cut, type Terminal } from './terminal.ts'

const KINDS = {
  metric: 'metrics',
  auditEvent: 'audit',
  healthCheck: 'health',
  log: 'logs',
  trace: 'traces',
  setting: 'settings',
} as const satisfies Record<Finding['kind'], string>

/** Shows by example and kind how much was promised and how much was found, and then what is missing and why. */
export function showTable({ heading, line, paint }: Terminal, findings: readonly Finding[]): void {
  heading(
    'Promised and found',
    'each read back from :9090, Jaeger, Loki, PostgreSQL or the service',
  )
  const kinds = Object.keys(KINDS) as Finding['kind'][]
  const examples = [...new Set(findings.map(({ example }) => example))]
  const cells = kinds.map((kind) => KINDS[kind].padStart(10)).join('')
  line(paint('dim', `  ${''.padEnd(18)}${cells}${'missing'.padStart(10)}`))
  for (const example of examples) {
    const own = findings.filter((finding) => finding.example === example)
    const counts = kinds.map((kind) => {
      const promised = own.filter((finding) => finding.kind === kind)
      const found = promised.filter((finding) => finding.found).length
      return (promised.length === 0 ? '-' : `${found}/${promised.length}`).padStart(10)
    })
    const missing = own.filter(({ found }) => !found).length
    const colour = missing === 0 ? 'green' : 'red'
    line(`  ${example.padEnd(18)}${counts.join('')}${paint(colour, String(missing).padStart(10))}`)
  }
  showMissing(findings, (text) => line(paint('red', text)))
}

/** What is missing, with its reason; what has the same reason stands together. */
function showMissing(findings: readonly Finding[], say: (text: string) => void): void {
  const byReason = new Map<string, string[]>()
  for (const { example, kind, name, found, reason = '' } of findings) {
    if (found) continue
    const key = `${example}: ${reason}`
    byReason.set(key, [...(byReason.get(key) ?? []), `${kind} ${name}`])
  }
  for (const [reason, names] of byReason) {
    say(`  ${cut(reason, 600)}`)
    say(`    ${cut(names.join('; '), 300)}`)
  }
}
