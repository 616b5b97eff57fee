import { counter, defineMetrics, histogram, upTo } from '../metrics/metrics.ts'

/** Different names of operations that are told apart; a name with an id in it must not cost memory without end. */
const MAX_NAMES = 200

/** What is measured of operations that do not say how they are to be measured. */
export const operationMetrics = defineMetrics({
  operations: counter({
    name: 'telltale_operations_total',
    description: 'Operations that have ended, by how.',
    labels: { operation: upTo(MAX_NAMES), outcome: ['success', 'failure'] },
  }),
  duration: histogram({
    name: 'telltale_operation_duration_seconds',
    description: 'How long operations took, however they ended.',
    unit: 's',
    // Chain calls of milliseconds and backups of minutes alike.
    buckets: [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900],
    labels: { operation: upTo(MAX_NAMES) },
  }),
})
