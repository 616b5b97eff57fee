import type { PartialAddresses } from './addresses.ts'
import type { ComponentName } from './component.ts'
import { isAlive } from './process-identity.ts'
import type { StackRecord } from './state.ts'

/** What `status --json` prints. */
export interface StackStatus {
  /** Whether all of it is up. */
  readonly running: boolean
  readonly components: Readonly<Partial<Record<ComponentName, 'running' | 'ended'>>>
  readonly addresses: PartialAddresses | null
}

/** The state of a stack as it is now, from its record. */
export function toStatus(record: StackRecord | undefined): StackStatus {
  if (!record) return { running: false, components: {}, addresses: null }
  const { addresses } = record
  const components: Partial<Record<ComponentName, 'running' | 'ended'>> = {}
  const pids: Partial<Record<ComponentName, number>> = {}
  for (const name of record.components) {
    const identity = record.processes[name]
    const isRunning = identity !== undefined && isAlive(identity)
    components[name] = isRunning ? 'running' : 'ended'
    if (isRunning) pids[name] = identity.pid
  }
  return {
    running: addresses !== undefined && !Object.values(components).includes('ended'),
    components,
    addresses: addresses ? { ...addresses, pids } : null,
  }
}

/** The same for people. */
export function toTable(record: StackRecord): string {
  const { addresses } = toStatus(record)
  if (!addresses) return 'the stack is starting\n'
  const rows: [string, string | null][] = [
    ['OTLP', addresses.otlp],
    ['OTLP, audit', addresses.auditOtlp],
    ['audit token', addresses.auditToken],
    ['Jaeger', addresses.jaeger],
    ['Loki', addresses.loki],
    ['Prometheus', addresses.prometheus],
    ['Alertmanager', addresses.alertmanager],
    ['PostgreSQL', addresses.postgres],
    ['PostgreSQL, auditor', addresses.postgresAuditor],
    ['Redis', addresses.redis],
    ['Collector metrics', addresses.collectorMetrics],
    ['checkpoints', addresses.checkpoints],
    ['logs', addresses.logs],
  ]
  const lines = rows
    .filter(([, value]) => value !== null)
    .map(([label, value]) => `  ${label.padEnd(20)} ${value}`)
  const states = record.components.map((name) => `${name} ${addresses.pids[name] ?? 'ended'}`)
  return `${lines.join('\n')}\n  ${'processes'.padEnd(20)} ${states.join(', ')}\n`
}
