import { toReason } from '../core/errors.ts'
import { createRedaction } from '../core/redaction.ts'
import type { RunEnd } from '../core/repeating.ts'
import { createReporter, writeToStderr, type Reporter } from '../core/reporter.ts'
import type { CheckResult } from '../health/health.ts'
import { getLogger } from '../logging/logging.ts'
import { jobMetrics } from './metrics.ts'

/** How the runs of a job went so far. */
export interface JobStatus {
  readonly isRunning: boolean
  /** Runs that have ended or reached their deadline. */
  readonly runs: number
  readonly failures: number
  /** When the newest successful run has ended. */
  readonly lastSuccess: Date | undefined
  /** Why the newest run failed; nothing if it did not. */
  readonly problem: string | undefined
}

const OUTCOMES = ['success', 'failure', 'timeout'] as const

let reporter: Reporter = createReporter(writeToStderr)
const redaction = createRedaction()

/** What a run answers with that ended because it was told to. */
export const STOPPED = Symbol('stopped')

/** Sets who is told of runs that fail. Called by `init()`. */
export function setJobReporter(to: Reporter): void {
  reporter = to
}

/** Keeps count of the runs of one job. */
export class JobRecord {
  readonly #name: string
  readonly #patienceMillis: number
  #runs = 0
  #failures = 0
  #lastSuccess: Date | undefined
  #problem: string | undefined
  #isStopped = false
  /** When its newest success was, or when it began: by a clock that nobody sets. */
  #wellAt = performance.now()

  /** @param patienceMillis - how long it may go without a success */
  constructor(name: string, patienceMillis: number) {
    this.#name = name
    this.#patienceMillis = patienceMillis
    // From the start at 0, so that increase() sees the first failure.
    for (const outcome of OUTCOMES) jobMetrics.runs.add(0, { job_name: name, outcome })
  }

  add(end: RunEnd<unknown>, seconds: number): void {
    if (end.how === 'done' && end.result === STOPPED) return
    const outcome = end.how === 'done' ? 'success' : end.how === 'failed' ? 'failure' : 'timeout'
    this.#runs += 1
    jobMetrics.runs.add(1, { job_name: this.#name, outcome })
    jobMetrics.duration.record(seconds, { job_name: this.#name })
    if (end.how === 'done') this.#succeeded()
    else if (end.how === 'failed') this.#failed(toSafeReason(end.error))
    else {
      const message = `no end within ${seconds.toFixed(1)} s`
      getLogger('job').error(`${this.#name} failed: ${message}`, { job: this.#name })
      this.#failed(message)
    }
  }

  status(): Omit<JobStatus, 'isRunning'> {
    return {
      runs: this.#runs,
      failures: this.#failures,
      lastSuccess: this.#lastSuccess,
      problem: this.#problem,
    }
  }

  /** How it is: one failure may be chance, none that succeeds for long is not. */
  toCheck(): CheckResult {
    const age = performance.now() - this.#wellAt
    const figures = { secondsWithoutSuccess: Math.round(age / 1_000) }
    const message = this.#problem
    const status =
      age > this.#patienceMillis ? 'unhealthy' : message === undefined ? 'healthy' : 'degraded'
    return { status, figures, ...(message !== undefined && { message }) }
  }

  /** What is shown of now goes; what was counted stays. */
  stop(): void {
    this.#isStopped = true
    jobMetrics.lastSuccess.remove({ job_name: this.#name })
  }

  #succeeded(): void {
    this.#lastSuccess = new Date()
    this.#wellAt = performance.now()
    this.#problem = undefined
    if (!this.#isStopped) {
      jobMetrics.lastSuccess.set(this.#lastSuccess.getTime() / 1_000, { job_name: this.#name })
    }
    reporter.over(`job ${this.#name}`, `the job "${this.#name}" succeeds again`)
  }

  #failed(problem: string): void {
    this.#failures += 1
    this.#problem = problem
    // Who was told to stop may say so by an error.
    if (this.#isStopped) return
    reporter.once(`job ${this.#name}`, `the job "${this.#name}" failed: ${problem}`)
  }
}

function toSafeReason(error: unknown): string {
  return redaction.text(toReason(error))
}
