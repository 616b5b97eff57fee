import type { Settled } from '../config/setting.ts'
import { toReason } from '../core/errors.ts'
import type { Reporter } from '../core/reporter.ts'
import { getLogger } from '../logging/logging.ts'
import { sendBeforeExit, type LastRequest } from '../otlp/last-flush.ts'
import type { lifecycleSettings } from './options.ts'
import { otherListeners } from './signal-listeners.ts'

/** What the end of the process needs to know of the telemetry. */
export interface EndOfLife {
  /**
   * Sends what waits and ends the audit trail, which begins anew with the next record unless `forGood`. Resolves when it
   * is done or the deadline has passed, and keeps the process alive until then.
   */
  end(deadlineMillis: number, forGood: boolean): Promise<void>
  /** Items that wait or are on their way. */
  pending(): number
  /** The service has been told to end and drains its requests: send sooner. */
  hurry(): void
  /** Nothing is retried any more. */
  stopRetrying(): void
  /** What still waits, as requests that can be sent while the thread stands still. */
  takeLastRequests(): LastRequest[]
  /** Has every audit record on the disk, and the end of the trail, when it returns. */
  settleAudit(): void
}

/** The listeners that end the telemetry with the process. */
export interface Lifecycle {
  isDraining(): boolean
  stop(): void
}

const SIGNALS = ['SIGTERM', 'SIGINT'] as const

const UNCAUGHT: Readonly<Record<NodeJS.UncaughtExceptionOrigin, string>> = {
  uncaughtException: 'uncaught exception',
  unhandledRejection: 'unhandled rejection',
}

/**
 * Listens for the ways a process ends.
 *
 * - A signal: what waits leaves at once. If the application listens too, it drains and ends as it likes; else the signal
 *   is raised again after the flush, so that the exit code is the signal's.
 * - Natural end: flush, at most for the deadline.
 * - `process.exit()` or a crash: what waits is sent, and the spool written, while the thread stands still. What was thrown and
 *   caught by nobody is a log record of its own, made before anybody else hears of it.
 */
export function startLifecycle(
  settings: Settled<typeof lifecycleSettings>,
  telemetry: EndOfLife,
  reporter: Reporter,
): Lifecycle {
  let draining = false
  const timeoutMillis = settings.shutdownTimeoutMillis
  const flushAndRaise = async (signal: NodeJS.Signals): Promise<void> => {
    await telemetry.end(timeoutMillis, false)
    telemetry.settleAudit()
    raiseAgain(signal)
  }
  const onSignal = (signal: NodeJS.Signals): void => {
    const alone = otherListeners(signal, onSignal) <= 0
    if (alone && draining) {
      raiseAgain(signal)
      return
    }
    draining = true
    // Who drains ends when it is done, perhaps at once: what waits leaves within the shorter delay, and until then
    // the last flush finds it in the queue, not half on its way.
    telemetry.hurry()
    if (!alone) return
    telemetry.stopRetrying()
    // Not in this turn, for an application whose listener was there first and calls process.exit().
    setImmediate(() => void flushAndRaise(signal))
  }
  const raiseAgain = (signal: NodeJS.Signals): void => {
    process.removeListener(signal, onSignal)
    process.kill(process.pid, signal)
  }
  // Node.js emits beforeExit again after each flush; all of them share one deadline.
  let leaveAt: number | undefined
  const onBeforeExit = (): void => {
    if (telemetry.pending() === 0) leaveAt = undefined
    else leaveAt ??= performance.now() + timeoutMillis
    if (leaveAt === undefined || performance.now() >= leaveAt) return
    telemetry.stopRetrying()
    void telemetry.end(leaveAt - performance.now(), false)
  }
  const onExit = (): void => {
    try {
      telemetry.settleAudit()
      if (leaveAt !== undefined && performance.now() >= leaveAt) return
      const requests = telemetry.takeLastRequests()
      for (const { what, count } of sendBeforeExit(requests, settings.exitFlushTimeoutMillis)) {
        reporter.say(`the last ${count} ${what} could not be sent before the process ended`)
      }
    } catch (error) {
      // The application's own exit listeners come after this one.
      reporter.say(`the last spans and logs could not be sent: ${toReason(error)}`)
    }
  }

  // Before the application's own, which may be there already: its `once` listeners must still be counted.
  for (const signal of SIGNALS) process.prependListener(signal, onSignal)
  process.on('beforeExit', onBeforeExit)
  process.on('exit', onExit)
  // The monitor changes nothing: whether the process ends is decided as if it were not there.
  process.on('uncaughtExceptionMonitor', onUncaught)
  return {
    isDraining: () => draining,
    stop() {
      for (const signal of SIGNALS) process.removeListener(signal, onSignal)
      process.removeListener('beforeExit', onBeforeExit)
      process.removeListener('exit', onExit)
      process.removeListener('uncaughtExceptionMonitor', onUncaught)
    },
  }
}

function onUncaught(error: unknown, origin: NodeJS.UncaughtExceptionOrigin): void {
  getLogger('process').error(UNCAUGHT[origin], { error })
}
