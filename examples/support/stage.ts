import type { Stack } from '../../deploy/stack/stack.ts'
import type { Evidence, Promised } from './contract.ts'
import { toReason } from './reason.ts'

/** What the scenario of an example is given. */
export interface Stage {
  readonly stack: Stack
  /** Receives everything that must be closed afterwards. */
  readonly open: AsyncDisposableStack
  /** Tells the reader what is being done. */
  say(text: string): void
  /**
   * Tries a promised thing that no back end shows, such as a setting; what is thrown becomes the reason why it is missing. A promise
   * may be tried in parts: each has to hold.
   *
   * @throws {Error} for a name that the contract does not have
   */
  prove(name: string, attempt: () => Promise<void> | void): Promise<void>
  /** Notes the states in which health checks were seen: a promised one has to be seen healthy, and not healthy. */
  sawHealth(checks: Readonly<Record<string, string | { readonly status: string }>>): void
}

/** A service that a reader can learn from, what it was promised to have, and what brings it about. */
export interface Example {
  readonly name: string
  readonly contract: readonly Promised[]
  /** Starts the service under the preload, sends it what people would send, and leaves it running. */
  run(stage: Stage): Promise<Evidence>
}

/** What was tried by the scenario itself: the reason of each failure, nothing for what was found. */
export type Attempts = ReadonlyMap<string, string | undefined>

/** The states in which each health check was seen. */
export type HealthStates = ReadonlyMap<string, ReadonlySet<string>>

/** Makes the stage of one example; `attempts` and `healthStates` fill while the scenario runs. */
export function createStage(
  example: Example,
  stack: Stack,
  open: AsyncDisposableStack,
  say: (text: string) => void,
): { readonly stage: Stage; readonly attempts: Attempts; readonly healthStates: HealthStates } {
  const attempts = new Map<string, string | undefined>()
  const settings = new Set(
    example.contract.filter(({ kind }) => kind === 'setting').map(({ name }) => name),
  )
  const prove: Stage['prove'] = async (name, attempt) => {
    if (!settings.has(name)) {
      throw new Error(`the contract of ${example.name} has no setting "${name}"`)
    }
    try {
      await attempt()
      // A part of it that failed before is not made good by another part.
      if (!attempts.has(name)) attempts.set(name, undefined)
    } catch (error) {
      attempts.set(name, attempts.get(name) ?? toReason(error))
    }
  }
  const healthStates = new Map<string, Set<string>>()
  const sawHealth: Stage['sawHealth'] = (checks) => {
    for (const [name, check] of Object.entries(checks)) {
      const status = typeof check === 'string' ? check : check.status
      healthStates.set(name, (healthStates.get(name) ?? new Set()).add(status))
    }
  }
  return { stage: { stack, open, say, prove, sawHealth }, attempts, healthStates }
}
