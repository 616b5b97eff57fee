import { setTimeout as sleep } from 'node:timers/promises'

/** Gives some processes only a share of each period, as a CPU quota of a container does. */
export interface Throttle extends AsyncDisposable {}

const PERIOD_MILLIS = 100

/**
 * Lets processes run for a share of each tenth of a second and stops them for the rest, with signals: needs neither
 * root nor control groups.
 *
 * @param pids - read again each period; processes that are gone are passed over
 * @param share - of the time, from 0 to 1
 */
export function throttle(pids: () => readonly number[], share: number): Throttle {
  const over = new AbortController()
  const running = (async (): Promise<void> => {
    while (!over.signal.aborted) {
      signalAll(pids(), 'SIGCONT')
      await sleep(PERIOD_MILLIS * share)
      signalAll(pids(), 'SIGSTOP')
      await sleep(PERIOD_MILLIS * (1 - share))
    }
    signalAll(pids(), 'SIGCONT')
  })()
  return {
    [Symbol.asyncDispose]: async () => {
      over.abort()
      await running
    },
  }
}

function signalAll(pids: readonly number[], signal: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, signal)
    } catch {
      // It has ended.
    }
  }
}
