import type { Meter } from '@opentelemetry/api'
import type { OwnMetrics } from '../core/own-metric.ts'
import type { CheckReport } from './health-report.ts'

/** What is asked of the checks at each scrape: by their names. */
export type AllChecks = () => ReadonlyMap<
  string,
  { readonly seconds: number | undefined; report(): CheckReport }
>

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
    for (const [name, check] of all()) {
      const state = check.report().status
      if (state !== 'starting') result.observe(VALUES[state], { check: name })
    }
  })
  meter.createObservableGauge(duration.name, duration).addCallback((result) => {
    for (const [name, { seconds }] of all()) {
      if (seconds !== undefined) result.observe(seconds, { check: name })
    }
  })
}
