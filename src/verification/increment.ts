import type { ReadCheckpoints } from './checkpoint-checks.ts'
import type { StreamRun } from './stream-runs.ts'
import { readVerifiedState, writeVerifiedState } from './verified-state.ts'
import type { TrailCheck } from './verify-trail.ts'

/** A verification that goes on where the last one ended. */
export interface Increment {
  readonly part: Pick<TrailCheck, 'isWanted' | 'knownRuns' | 'onStreams'>
  /** Remembers what was verified. */
  save(): Promise<void>
}

/**
 * Reads from a file how far earlier runs came. Only what checkpoints cover counts: what is younger may still change unseen.
 *
 * @throws {Error} when there are no checkpoints to end at
 */
export async function startIncrement(
  file: string | undefined,
  checkpoints: ReadCheckpoints | undefined,
): Promise<Increment | undefined> {
  if (file === undefined) return undefined
  if (!checkpoints) {
    throw new Error('what was verified is remembered up to checkpoints: give --checkpoints as well')
  }
  const before = await readVerifiedState(file)
  const sizes: Record<string, number> = { ...before.sizes }
  for (const [sealer, log] of checkpoints.trusted) {
    sizes[sealer] = Math.max(sizes[sealer] ?? 0, log.at(-1)!.size)
  }
  let runs: readonly StreamRun[] = []
  return {
    part: {
      isWanted: ({ sealer, seal }) =>
        seal >= (before.sizes[sealer] ?? 0) && seal < (sizes[sealer] ?? 0),
      knownRuns: before.runs,
      onStreams: (all) => (runs = [...all]),
    },
    save: () => writeVerifiedState(file, sizes, runs),
  }
}
