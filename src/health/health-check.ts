import { context, ROOT_CONTEXT, type Context } from '@opentelemetry/api'
import { loadPackage } from '../core/load-package.ts'
import type { Redaction } from '../core/redaction.ts'
import { startRepeating, type RunEnd } from '../core/repeating.ts'
import { toCheckResult, toFailure, type CheckResult, type CheckVerdict } from './check-result.ts'
import type { CheckReport } from './health-report.ts'

/** What a check is given. */
export interface CheckInput {
  /** Aborted at the deadline of the run. */
  readonly signal: AbortSignal
}

/** What a check may answer: nothing, `true` or a text is healthy, `false` is not, a verdict says how it is. */
export type CheckAnswer = CheckVerdict | string | boolean | void | undefined

/** Looks at one part that the service depends on; throws, or rejects, when that part is unhealthy. */
export type CheckFunction = (input: CheckInput) => CheckAnswer | PromiseLike<CheckAnswer>

/** When a check runs. */
export interface CheckPace {
  /** From the start of a run to the start of the next, in milliseconds. */
  readonly every: number
  /** Deadline of a run, in milliseconds. */
  readonly timeout: number
}

/** What a check needs of its surroundings, as of now: `init()` may come later than the check. */
export interface CheckSurroundings {
  readonly redaction: Redaction
  /** Whether the process is about to end: its pools are being closed, and nothing is looked at any more. */
  isDraining(): boolean
}

/** A check that answers at once, whatever the part does that it looks at. */
export interface HealthCheck {
  report(): CheckReport
  /** How long the newest run took; nothing before it. */
  readonly seconds: number | undefined
  stop(): void
}

/** Share of `every` by which runs differ, so that instances do not come to ask all at the same time. */
const JITTER = 0.1

/**
 * Starts a check that runs in the background, at once and then again and again, never twice at a time. Nothing of it is traced, and
 * its timers do not keep the process alive.
 *
 * @param onResult - told of each result
 */
export function startHealthCheck(
  check: CheckFunction,
  { every, timeout }: CheckPace,
  surroundings: () => CheckSurroundings,
  onResult: (result: CheckResult) => void,
): HealthCheck {
  let newest: { readonly result: CheckResult; readonly at: number } | undefined
  let seconds: number | undefined
  let isStopped = false
  const onEnd = (end: RunEnd<CheckAnswer>, took: number): void => {
    // What happens while the service closes its connections says nothing.
    if (isStopped || surroundings().isDraining()) return
    seconds = took
    newest = { result: toResult(end, timeout, surroundings().redaction), at: performance.now() }
    onResult(newest.result)
  }
  const repeating = startRepeating<CheckAnswer>({
    every,
    timeout,
    jitter: JITTER,
    immediate: true,
    keepsAlive: false,
    // Not in the context of whoever declared it: that may be a request that is long over.
    run: (signal) =>
      surroundings().isDraining() ? undefined : context.with(untraced(), () => check({ signal })),
    onEnd,
  })
  // After so long without a run the thread stood still, or was stopped: the result says nothing of now.
  const staleMillis = 2 * every * (1 + JITTER) + timeout
  return {
    report() {
      const now = performance.now()
      const runningMillis = repeating.current ? now - repeating.current.since : 0
      if (runningMillis > timeout) {
        const message = `no answer for ${toSeconds(runningMillis)}`
        return { status: 'unhealthy', message, figures: {}, ageSeconds: 0 }
      }
      if (!newest) return { status: 'starting', figures: {} }
      const ageMillis = now - newest.at
      const report = { ...newest.result, ageSeconds: ageMillis / 1_000 }
      return ageMillis > staleMillis ? toStale(report, toSeconds(ageMillis)) : report
    },
    get seconds() {
      return seconds
    },
    stop() {
      isStopped = true
      repeating.stop()
    },
  }
}

/** A check that costs nothing: it is asked whenever somebody wants to know. */
export function observedHealthCheck(read: () => CheckResult): HealthCheck {
  return { report: () => ({ ...read(), ageSeconds: 0 }), seconds: undefined, stop: () => undefined }
}

function toResult(end: RunEnd<CheckAnswer>, timeout: number, redaction: Redaction): CheckResult {
  if (end.how === 'done') return toCheckResult(end.result, redaction)
  if (end.how === 'failed') return toFailure(end.error, redaction)
  return { status: 'unhealthy', message: `no answer within ${timeout} ms`, figures: {} }
}

function toStale(report: CheckReport, age: string): CheckReport {
  const { status, message } = report
  const old = `the newest result is ${age} old`
  return {
    ...report,
    status: status === 'healthy' ? 'degraded' : status,
    message: message === undefined ? old : `${old}: ${message}`,
  }
}

function toSeconds(millis: number): string {
  return `${Math.round(millis / 1_000)} s`
}

let untracedRoot: Context | undefined

function untraced(): Context {
  const { suppressTracing } = loadPackage(
    '@opentelemetry/core',
  ) as typeof import('@opentelemetry/core')
  return (untracedRoot ??= suppressTracing(ROOT_CONTEXT))
}
