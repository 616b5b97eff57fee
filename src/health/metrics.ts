import type { Meter } from '@opentelemetry/api'
import type { CheckReport } from './health-report.ts'

/** What is asked of the checks at each scrape. */
export type AllChecks = () => Iterable<{
  readonly name: string
  readonly report: CheckReport
  readonly seconds: number | undefined
}>

const VALUES = { healthy: 1, degraded: 0.5, unhealthy: 0 } as const

/** The health checks' own metrics; a check that was removed has none. */
export function observeHealthChecks(meter: Meter, all: AllChecks): void {
  meter
    .createObservableGauge('telltale.health.check.status', {
      description:
        'Newest result of a health check: 1 healthy, 0.5 degraded, 0 unhealthy; nothing before its first run has ended.',
    })
    .addCallback((result) => {
      for (const { name, report } of all()) {
        if (report.status !== 'starting') result.observe(VALUES[report.status], { check: name })
      }
    })
  meter
    .createObservableGauge('telltale.health.check.duration', {
      unit: 's',
      description:
        'How long the newest run of a health check took, at the most until its deadline.',
    })
    .addCallback((result) => {
      for (const { name, seconds } of all()) {
        if (seconds !== undefined) result.observe(seconds, { check: name })
      }
    })
}
