import type { Meter } from '@opentelemetry/api'
import type { OwnMetrics } from '../core/own-metric.ts'
import type { CheckReport } from './health-report.ts'

/** What is asked of the checks at each scrape. */
export type AllChecks = () => Iterable<{
  readonly name: string
  readonly report: CheckReport
  readonly seconds: number | undefined
}>

const VALUES = { healthy: 1, degraded: 0.5, unhealthy: 0 } as const

/** The health checks' own metrics. */
export const healthMetrics = {
  status: {
    kind: 'gauge',
    name: 'telltale.health.check.status',
    description:
      'Newest result of a health check: 1 healthy, 0.5 degraded, 0 unhealthy; nothing before its first run has ended.',
    labels: { check: 'the name of the check' },
  },
  duration: {
    kind: 'gauge',
    name: 'telltale.health.check.duration',
    unit: 's',
    description: 'How long the newest run of a health check took, at the most until its deadline.',
    labels: { check: 'the name of the check' },
  },
} as const satisfies OwnMetrics

/** Makes their instruments; a check that was removed has no series. */
export function observeHealthChecks(meter: Meter, all: AllChecks): void {
  const { status, duration } = healthMetrics
  meter.createObservableGauge(status.name, status).addCallback((result) => {
    for (const { name, report } of all()) {
      if (report.status !== 'starting') result.observe(VALUES[report.status], { check: name })
    }
  })
  meter.createObservableGauge(duration.name, duration).addCallback((result) => {
    for (const { name, seconds } of all()) {
      if (seconds !== undefined) result.observe(seconds, { check: name })
    }
  })
}
