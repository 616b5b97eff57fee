import type { ClientConfig } from 'pg'
import { allChecks } from './checks.ts'
import { openPostgresSource } from './postgres/postgres-source.ts'
import { createThreadRunner } from './postgres/thread-runner.ts'
import { Findings } from './problems.ts'
import { type CheckpointOptions, readCheckpoints } from './read-checkpoints.ts'
import { startIncrement } from './increment.ts'
import type { Verdict } from './verdict.ts'
import { type VerifyProgress, verifyTrail } from './verify-trail.ts'

export { exportArchive, type ExportOptions } from './archive/export-archive.ts'
export { verifyArchive, type VerifyArchiveOptions } from './archive/verify-archive.ts'
export type { Problem } from './problems.ts'
export { prove, type ProveOptions } from './proof/prove.ts'
export type { Proof, ProofVerdict } from './proof/proof.ts'
export { verifyProofText } from './proof/verify-proof.ts'
export type { CheckpointOptions } from './read-checkpoints.ts'
export { exitCodeOf, type Verdict } from './verdict.ts'
export type { VerifyProgress } from './verify-trail.ts'

/** What to verify. */
export interface VerifyOptions extends CheckpointOptions {
  readonly postgres: ClientConfig
  /** Number of the newest migration that is known; a newer schema is refused. */
  readonly newestSchema: number
  /** Only what was stored in this time, both ends included. */
  readonly from?: Date | undefined
  readonly to?: Date | undefined
  /**
   * File that remembers what was verified: only what checkpoints have covered since is read then. Every seal is held against
   * the checkpoints nevertheless; that older rows still fit their seals is taken from the last time.
   */
  readonly state?: string | undefined
  readonly threads?: number | undefined
  /** Rows that one range holds at most; the default suits the memory of a thread. */
  readonly rangeLeaves?: number | undefined
  readonly onProgress?: ((progress: VerifyProgress) => void) | undefined
}

/**
 * Verifies the trail of a database as it is now.
 *
 * It reads one snapshot on all cores and holds no more than the ends of streams and a few thousand rows at a time.
 *
 * @throws {Error} when it could not be checked at all
 */
export async function verify(options: VerifyOptions): Promise<Verdict> {
  const findings = new Findings()
  // Before the snapshot: what they cover by now is in it then.
  const checkpoints = await readCheckpoints(options, findings)
  const source = await openPostgresSource(options.postgres, options.newestSchema)
  try {
    const state = await startIncrement(options.state, checkpoints)
    const runner = createThreadRunner({ place: source.place, checks: allChecks }, options.threads)
    try {
      const verdict = await verifyTrail({
        source,
        runner,
        checkpoints,
        checks: allChecks,
        findings,
        from: toMicros(options.from),
        to: toMicros(options.to),
        rangeLeaves: options.rangeLeaves,
        onProgress: options.onProgress,
        ...state?.part,
      })
      // What is red is read again until it no longer is.
      if (verdict.verdict !== 'red') await state?.save()
      return verdict
    } finally {
      await runner.close()
    }
  } finally {
    await source.close()
  }
}

function toMicros(date: Date | undefined): bigint | undefined {
  return date && BigInt(date.getTime()) * 1_000n
}
