import type { Meter } from '@opentelemetry/api'
import type { OwnMetrics } from '../core/own-metric.ts'

/** What is counted of events for Sentry, when there is a DSN. */
export const sentryMetrics = {
  dropped: {
    kind: 'counter',
    name: 'telltale.sentry.events.dropped',
    unit: '{event}',
    description: 'Errors that were to be reported to Sentry and are lost.',
    labels: {
      error_type: '`queue_overflow`, `ratelimit_backoff`, `network_error`, or an HTTP status',
    },
  },
} as const satisfies OwnMetrics

/** Why events are dropped without a request, in the words of Sentry's library. */
const REASONS = ['queue_overflow', 'ratelimit_backoff', 'network_error']

/** Makes the instrument; answers what counts one event by why it is lost. */
export function createDroppedCounter(meter: Meter): (errorType: string) => void {
  const { dropped } = sentryMetrics
  const counter = meter.createCounter(dropped.name, dropped)
  for (const reason of REASONS) counter.add(0, { 'error.type': reason })
  return (errorType) => counter.add(1, { 'error.type': errorType })
}
