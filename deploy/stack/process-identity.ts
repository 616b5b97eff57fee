import { readFileSync } from 'node:fs'
import { codeOf } from './errors.ts'

/**
 * One process, told apart from a later one that was given the same number.
 *
 * `startTime` is field 22 of /proc/PID/stat, clock ticks since boot, and which boot that was.
 */
export interface ProcessIdentity {
  readonly pid: number
  readonly startTime: string
}

/** Names a process that is alive now; `undefined` when there is none, or only its remains. */
export function identify(pid: number): ProcessIdentity | undefined {
  let stat: string
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  } catch {
    return undefined
  }
  // The command name is in parentheses and may hold blanks and parentheses itself.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const [state] = fields
  const ticks = fields[19]
  if (state === 'Z' || state === 'X' || !ticks) return undefined
  return { pid, startTime: `${ticks} of ${bootId()}` }
}

// A record that outlives a reboot must not fit a process that happens to start as long after it.
function bootId(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
}

/** Says whether exactly this process still runs. */
export function isAlive(identity: ProcessIdentity): boolean {
  return identify(identity.pid)?.startTime === identity.startTime
}

/** Sends a signal to exactly this process, and to nothing when it is gone. */
export function signalProcess(identity: ProcessIdentity, signal: NodeJS.Signals): void {
  if (!isAlive(identity)) return
  try {
    process.kill(identity.pid, signal)
  } catch (error) {
    // It ended between the look and the signal.
    if (codeOf(error) !== 'ESRCH') throw error
  }
}
