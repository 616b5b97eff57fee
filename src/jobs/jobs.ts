import { AsyncLocalStorage } from 'node:async_hooks'
import { context, diag, ROOT_CONTEXT } from '@opentelemetry/api'
import { isAbortedBy } from '../core/aborted-by.ts'
import { ConfigError, toReason } from '../core/errors.ts'
import { startRepeating, type Repeating } from '../core/repeating.ts'
import { sharedByCopies } from '../core/shared-by-copies.ts'
import { observeHealth } from '../health/health.ts'
import { operation } from '../operations/operations.ts'
import { JobRecord, STOPPED, type JobStatus } from './job-record.ts'
import { problemsOfJob, timeoutOf, type JobOptions } from './job-options.ts'

export type { JobOptions } from './job-options.ts'
export { setJobReporter, type JobStatus } from './job-record.ts'

/** What a run of a job is given. */
export interface JobInput {
  /** Aborted at the deadline of the run, and when the job stops: what is left undone waits for the next process. */
  readonly signal: AbortSignal
}

/** Work that is done periodically. */
export interface Job {
  /** How its runs went so far. */
  status(): JobStatus
  /**
   * Starts no run any more, and resolves when the one that is under way has ended; called by that run itself it does not wait.
   * May be called again.
   */
  stop(): Promise<void>
}

/** Beyond it something starts jobs without end. */
const MAX_JOBS = 100

const running = new Map<string, Job>()

/** The job whose run we are in. */
const ownRun = new AsyncLocalStorage<Job>()

/** Runs of jobs that were stopped and have not ended. */
const ending = new Set<Promise<void>>()

/**
 * Does work periodically, in the background: never two runs at a time, each an operation with a trace of its own. A run that throws
 * is reported and counted, and the next one comes. With SIGTERM and SIGINT no run starts any more, and the one that is under way
 * is told by its signal and waited for.
 *
 * It works without `init()` as well, which only adds what is told of it.
 *
 * @throws {ConfigError} `TELLTALE_CONFIG_INVALID`, also for a name that is there already
 */
export function job(name: string, options: JobOptions, work: (input: JobInput) => unknown): Job {
  const problems = problemsOfJob(name, options, work)
  if (running.has(name)) problems.push(`a job named "${name}" is there already; stop() it first`)
  if (running.size >= MAX_JOBS) problems.push(`there are ${MAX_JOBS} jobs already`)
  if (problems.length > 0) throw new ConfigError(problems)
  const timeout = timeoutOf(options)
  const record = new JobRecord(name, 3 * options.every + timeout)
  const repeating = startRepeating<unknown>({
    every: options.every,
    timeout,
    jitter: options.jitter ?? 0.1,
    immediate: options.immediate ?? true,
    keepsAlive: options.keepAlive ?? false,
    // Not in the context of whoever started it: that may be a request that is long over.
    run: (signal) =>
      context.with(ROOT_CONTEXT, () =>
        operation(
          name,
          // Counted by the record, which also knows of deadlines.
          { component: 'job', attributes: { job: name }, measure: () => undefined },
          () => ownRun.run(started, () => endingQuietly(work({ signal }), signal)),
        ),
      ),
    onEnd: (end, seconds) => record.add(end, seconds),
  })
  const { probes } = options
  const check = probes && observeHealth(`job.${name}`, () => record.toCheck(), probes)
  const end = async (): Promise<void> => {
    await endOf(repeating)
    // Not before: a job of the same name would overlap with the run that is under way.
    if (running.get(name) === started) running.delete(name)
  }
  const started: Job = {
    status: () => ({ ...record.status(), isRunning: repeating.current !== undefined }),
    async stop() {
      check?.remove()
      record.stop()
      const ended = end()
      // A run that waits for its own end never ends.
      if (ownRun.getStore() !== started) await ended
    },
  }
  running.set(name, started)
  jobsOfCopies().add(ownJobs)
  return started
}

/** Who is told to stop may say so by rejecting, with the reason or an AbortError; that is no failure. */
async function endingQuietly(work: unknown, signal: AbortSignal): Promise<unknown> {
  try {
    return await work
  } catch (error) {
    const isStopped = signal.aborted && (signal.reason as Error).name === 'AbortError'
    if (isStopped && isAbortedBy(error, signal)) return STOPPED
    throw error
  }
}

/** What the end of the process needs of the jobs of one copy of the package. */
interface JobsOfCopy {
  stop(): void
  /** Resolves when no run of a job that was stopped is under way any more. */
  ended(): Promise<unknown>
}

const ownJobs: JobsOfCopy = {
  stop() {
    for (const each of running.values()) void each.stop()
  },
  ended: () => Promise.all(ending),
}

function jobsOfCopies(): Set<JobsOfCopy> {
  return sharedByCopies('jobs', 1, () => new Set<JobsOfCopy>())
}

/** Stops all jobs, those of other copies of the package too. Called when the process is told to end. */
export function stopJobs(): void {
  for (const copy of jobsOfCopies()) {
    try {
      copy.stop()
    } catch (error) {
      diag.warn(`the jobs of another copy of telltale cannot be stopped: ${toReason(error)}`)
    }
  }
}

/** Resolves when no run of a job that was stopped is under way any more. Never rejects. */
export async function stoppedJobsEnded(): Promise<void> {
  await Promise.allSettled([...jobsOfCopies()].map(async (copy) => copy.ended()))
}

async function endOf(repeating: Repeating): Promise<void> {
  const { current } = repeating
  repeating.stop()
  if (!current) return
  ending.add(current.ended)
  await current.ended
  ending.delete(current.ended)
}
