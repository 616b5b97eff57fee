import { counter, gauge, defineMetrics, histogram, upTo } from '../metrics/metrics.ts'

/** More than there may be at a time: jobs come and go. */
const MAX_NAMES = 200

/** What jobs report on themselves. */
export const jobMetrics = defineMetrics({
  runs: counter({
    name: 'telltale_job_runs_total',
    description: 'Runs of jobs that have ended, or reached their deadline, by how.',
    labels: { job_name: upTo(MAX_NAMES), outcome: ['success', 'failure', 'timeout'] },
  }),
  duration: histogram({
    name: 'telltale_job_duration_seconds',
    description: 'How long runs of jobs took, at the most until their deadline.',
    unit: 's',
    buckets: [0.01, 0.1, 0.5, 1, 5, 10, 30, 60, 300, 900],
    labels: { job_name: upTo(MAX_NAMES) },
  }),
  lastSuccess: gauge({
    name: 'telltale_job_last_success_timestamp_seconds',
    description: 'When the newest run of a job that succeeded has ended, in seconds since 1970.',
    unit: 's',
    labels: { job_name: upTo(MAX_NAMES) },
  }),
})
