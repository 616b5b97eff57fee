import { withDeadline } from '../core/deadline.ts'
import { stopJobs, stoppedJobsEnded } from '../jobs/jobs.ts'
import type { EndOfLife } from '../lifecycle/lifecycle.ts'
import type { Signals } from './signals.ts'

/** Share of the time for the end that runs of jobs may take: what they make must still leave. */
const JOBS_SHARE = 0.5

/**
 * The end of the telemetry, with that of the jobs before it: with the signal to end no run starts any more, and those under way
 * are waited for before the last flush.
 */
export function withJobsBefore(signals: Signals): EndOfLife {
  return {
    ...signals,
    hurry() {
      stopJobs()
      signals.hurry()
    },
    async end(millis, forGood) {
      if (forGood) stopJobs()
      const startedAt = performance.now()
      await withDeadline(stoppedJobsEnded(), millis * JOBS_SHARE)
      await signals.end(Math.max(0, millis - (performance.now() - startedAt)), forGood)
    },
  }
}
