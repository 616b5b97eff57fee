/** How `signal-exit`, of which many packages carry a copy, keeps count of its own listeners. */
interface SignalExitEmitter {
  readonly count?: number
}

/**
 * How many listeners of `signal` the application has, besides `ours`.
 *
 * Listeners of the package signal-exit do not count: they end the process only when nobody else listens, and would
 * wait for us while we wait for them.
 */
export function otherListeners(signal: NodeJS.Signals, ours: NodeJS.SignalsListener): number {
  const own = process.listeners(signal).filter((listener) => listener === ours).length
  const current = (globalThis as Record<symbol, unknown>)[Symbol.for('signal-exit emitter')]
  const older = (process as unknown as Record<string, unknown>)['__signal_exit_emitter__']
  const waiting = [current, older].map((emitter) => (emitter as SignalExitEmitter)?.count ?? 0)
  return process.listenerCount(signal) - own - waiting[0]! - waiting[1]!
}
