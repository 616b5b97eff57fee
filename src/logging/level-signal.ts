import type { LogLevels, LevelSettings } from './log-level.ts'

/** What is needed of a process. */
export interface SignalSource {
  readonly pid: number
  prependListener(signal: 'SIGUSR2', listener: () => void): unknown
  removeListener(signal: 'SIGUSR2', listener: () => void): unknown
  listenerCount(signal: 'SIGUSR2'): number
  kill(pid: number, signal: 'SIGUSR2'): boolean
}

/**
 * Turns every component to debug when SIGUSR2 comes, and back when it comes again. SIGUSR1 is the one that Node.js starts its
 * debugger with.
 *
 * An application that listens itself keeps the signal to itself, with everything that follows from that: when it stops
 * listening and raises the signal again, the process ends by it, as it would without us.
 *
 * @param say - tells people what the signal has done
 * @returns stops listening
 */
export function listenForLevelSignal(
  levels: LogLevels,
  source: SignalSource,
  say: (text: string) => void,
): () => void {
  let before: LevelSettings | undefined
  let debugging: LevelSettings | undefined
  let isTheirs = false
  const stop = (): void => void source.removeListener('SIGUSR2', onSignal)
  const toggle = (): void => {
    // What has been set since the last signal is what counts now.
    if (before && isSame(levels.current(), debugging)) {
      levels.restore(before)
      before = undefined
      say('SIGUSR2: the log levels are back as they were')
      return
    }
    before = levels.current()
    debugging = { level: 'debug', components: {} }
    levels.restore(debugging)
    say('SIGUSR2: the log level of all components is debug; the same signal again takes it back')
  }
  function onSignal(): void {
    if (source.listenerCount('SIGUSR2') > 1) isTheirs = true
    else if (!isTheirs) toggle()
    else {
      stop()
      source.kill(source.pid, 'SIGUSR2')
    }
  }
  try {
    // Before the application's own, which may be a `once` listener: it must still be counted.
    source.prependListener('SIGUSR2', onSignal)
  } catch {
    // Windows has no such signal.
  }
  return stop
}

function isSame(a: LevelSettings, b: LevelSettings | undefined): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}
