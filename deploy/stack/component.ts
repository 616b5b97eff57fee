import { mkdirSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { type GuardedCommand, type GuardedProcess, startGuarded } from './guarded-process.ts'
import { type ProcessIdentity, signalProcess } from './process-identity.ts'
import { tailOf } from './run-program.ts'

/** The parts a stack can have. */
export const componentNames = [
  'postgres',
  'redis',
  'jaeger',
  'loki',
  'collector',
  'prometheus',
  'alertmanager',
] as const

/** The name of one part of a stack. */
export type ComponentName = (typeof componentNames)[number]

/** How a component is asked to end: `fast` in order, `immediate` without tidying up. */
export type StopMode = 'fast' | 'immediate'

/** Everything needed to run one component, again and again, on the same port and data. */
export interface ComponentPlan {
  readonly name: ComponentName
  readonly command: GuardedCommand
  readonly stopSignals: Readonly<Record<StopMode, NodeJS.Signals>>
  readonly readyWithinMillis: number
  /** Asked repeatedly until true. */
  readonly isReady: () => Promise<boolean>
  /** Asked once the whole stack is up; may be false later, while another component is away. */
  readonly isWell?: () => Promise<boolean>
  /** Once, before the first start. */
  readonly prepare?: () => Promise<void>
  /** After the process ended for good or for a while, however it ended. */
  readonly afterEnd?: () => Promise<void>
}

/** One running or stopped component. */
export interface Component {
  readonly name: ComponentName
  /** `undefined` while it is stopped. */
  readonly pid: number | undefined
  readonly logFile: string
  readonly isRunning: boolean
  /** Starts it on the same port and data, and returns when it is ready. */
  start(): Promise<void>
  /** Stops it and returns when the process is gone. */
  stop(options?: { readonly mode?: StopMode }): Promise<void>
  /** Sends a signal and does not wait. */
  kill(signal: NodeJS.Signals): void
}

/** What the stack sees of a component beyond what its users do. */
export interface ManagedComponent extends Component {
  readonly identity: ProcessIdentity | undefined
}

/** Makes a component from its plan; nothing runs yet. */
export function createComponent(plan: ComponentPlan, onChange: () => void): ManagedComponent {
  let running: GuardedProcess | undefined
  let isPrepared = false

  const current = (): GuardedProcess | undefined => (running?.hasEnded() ? undefined : running)

  const start = async (): Promise<void> => {
    if (current()) return
    if (!isPrepared) {
      mkdirSync(plan.command.directory, { recursive: true })
      await plan.prepare?.()
      isPrepared = true
    }
    const started = await startGuarded(plan.command)
    running = started
    onChange()
    await untilReady(plan, started)
  }

  const stop = async (options: { readonly mode?: StopMode } = {}): Promise<void> => {
    const stopping = current()
    if (stopping) {
      signalProcess(stopping.identity, plan.stopSignals[options.mode ?? 'fast'])
      await endWithin(stopping, plan.command.graceMillis)
    }
    await plan.afterEnd?.()
    onChange()
  }

  return {
    name: plan.name,
    logFile: plan.command.logFile,
    get identity() {
      return current()?.identity
    },
    get pid() {
      return current()?.identity.pid
    },
    get isRunning() {
      return current() !== undefined
    },
    start,
    stop,
    kill: (signal) => {
      const target = current()
      if (target) signalProcess(target.identity, signal)
    },
  }
}

async function untilReady(plan: ComponentPlan, started: GuardedProcess): Promise<void> {
  const deadline = performance.now() + plan.readyWithinMillis
  for (;;) {
    if (started.hasEnded()) {
      const { code, signal } = await started.ended
      throw await failure(plan, `ended while starting (${signal ?? `exit code ${code}`})`)
    }
    if (await plan.isReady()) return
    if (performance.now() > deadline) {
      signalProcess(started.identity, 'SIGKILL')
      throw await failure(plan, `was not ready within ${plan.readyWithinMillis / 1_000} s`)
    }
    await sleep(50)
  }
}

async function endWithin(stopping: GuardedProcess, graceMillis: number): Promise<void> {
  const timeout = new AbortController()
  const ended = stopping.ended.finally(() => timeout.abort())
  const late = sleep(graceMillis, true, { signal: timeout.signal }).catch(() => false)
  if ((await Promise.race([ended, late])) === true) signalProcess(stopping.identity, 'SIGKILL')
  await ended
}

async function failure(plan: ComponentPlan, what: string): Promise<Error> {
  const tail = await tailOf(plan.command.logFile, 20)
  return new Error(`${plan.name} ${what}; the end of ${plan.command.logFile}:\n${tail}`)
}
