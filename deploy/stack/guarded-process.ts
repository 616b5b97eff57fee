import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { Socket } from 'node:net'
import { identify, type ProcessIdentity } from './process-identity.ts'

/** A program to run, and how it is to be ended. */
export interface GuardedCommand {
  readonly program: string
  readonly args: readonly string[]
  readonly directory: string
  readonly variables: NodeJS.ProcessEnv
  /** File that receives stdout and stderr; appended to. */
  readonly logFile: string
  /** The user to run as, when it must not be ours. */
  readonly user?: { readonly uid: number; readonly gid: number } | undefined
  /** Sent one after the other, `graceMillis` apart, when the owner is gone; SIGKILL follows the last. */
  readonly endSignals: readonly NodeJS.Signals[]
  readonly graceMillis: number
}

/** How a process ended. */
export interface ProcessEnd {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

/** A running program that cannot outlive the process that started it. */
export interface GuardedProcess {
  readonly identity: ProcessIdentity
  readonly ended: Promise<ProcessEnd>
  readonly hasEnded: () => boolean
}

// The shell leaves a watcher behind and then becomes the program, which so keeps the process id that
// the owner knows. The watcher holds the read end of the owner's pipe: when the owner closes it, or
// ends in whatever way, SIGKILL included, the watcher ends the program. Watcher and program share a
// process group of their own, so the group's number cannot be given to anybody else while the watcher
// lives. The extra parentheses hand the watcher to init: PostgreSQL takes the end of an unknown child
// for a crash.
const GUARD = `
signals=$1 graceTenths=$2 program=$$
shift 2
exec 3<&0 </dev/null
(
  {
    trap '' HUP INT TERM QUIT
    read -r _ <&3
    PATH=$PATH:/usr/bin:/bin
    for signal in $signals; do
      kill -s "$signal" "$program"
      waited=0
      while [ "$waited" -lt "$graceTenths" ] && kill -0 "$program"; do
        sleep 0.1
        waited=$((waited + 1))
      done
    done
    kill -s KILL -- "-$program"
  } >/dev/null 2>&1 &
)
exec "$@" 3<&-
`

/**
 * Starts a program that ends when this process does, even if this process is killed.
 *
 * @throws {Error} when the program cannot be started at all
 */
export async function startGuarded(command: GuardedCommand): Promise<GuardedProcess> {
  const log = openSync(command.logFile, 'a', 0o600)
  const signals = command.endSignals.map((signal) => signal.replace(/^SIG/, '')).join(' ')
  const grace = String(Math.ceil(command.graceMillis / 100))
  let child: ChildProcess
  try {
    child = spawn(
      '/bin/sh',
      ['-c', GUARD, 'telltale-guard', signals, grace, command.program, ...command.args],
      {
        cwd: command.directory,
        env: command.variables,
        stdio: ['pipe', log, log],
        // A group of its own: Ctrl-C in a terminal reaches the owner only, which then ends us in order.
        detached: true,
        ...command.user,
      },
    )
  } finally {
    closeSync(log)
  }
  const ended = new Promise<ProcessEnd>((resolve) => {
    child.once('exit', (code, signal) => {
      // Releases the watcher, which then clears whatever is left of the group.
      child.stdin?.destroy()
      resolve({ code, signal })
    })
  })
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve).once('error', reject)
  })
  child.stdin?.on('error', () => {})
  child.unref()
  if (child.stdin instanceof Socket) child.stdin.unref()
  const identity = identify(child.pid ?? 0) ?? { pid: child.pid ?? 0, startTime: 'ended at once' }
  return { identity, ended, hasEnded: () => child.exitCode !== null || child.signalCode !== null }
}
