import type { ClientConfig } from 'pg'
import { checkCheckpoints, checkWitness, type ReadCheckpoints } from './checkpoint-checks.ts'
import { readCheckpointFiles, readVerifierKeys } from './checkpoint-files.ts'
import { allChecks } from './checks.ts'
import { readLokiCheckpoints } from './loki-witness.ts'
import { openPostgresSource } from './postgres/postgres-source.ts'
import { createThreadRunner } from './postgres/thread-runner.ts'
import { Findings } from './problems.ts'
import type { Verdict } from './verdict.ts'
import { type VerifyProgress, verifyTrail } from './verify-trail.ts'

export type { Problem } from './problems.ts'
export { exitCodeOf, type Verdict } from './verdict.ts'
export type { VerifyProgress } from './verify-trail.ts'

/** Where checkpoints are, and whose they must be. */
export interface CheckpointOptions {
  /** Folders or files of checkpoints. Without any the verdict is amber at best. */
  readonly checkpoints?: readonly string[] | undefined
  /** Files of C2SP verifier keys. */
  readonly publicKeys?: readonly string[] | undefined
  /** Base URL of a Loki that the checkpoints were sent to. */
  readonly loki?: string | undefined
}

/** What to verify. */
export interface VerifyOptions extends CheckpointOptions {
  readonly postgres: ClientConfig
  /** Number of the newest migration that is known; a newer schema is refused. */
  readonly newestSchema: number
  /** Only what was stored in this time, both ends included. */
  readonly from?: Date | undefined
  readonly to?: Date | undefined
  readonly threads?: number | undefined
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
    const runner = createThreadRunner({ place: source.place, checks: allChecks }, options.threads)
    try {
      return await verifyTrail({
        source,
        runner,
        checkpoints,
        checks: allChecks,
        findings,
        from: toMicros(options.from),
        to: toMicros(options.to),
        onProgress: options.onProgress,
      })
    } finally {
      await runner.close()
    }
  } finally {
    await source.close()
  }
}

/** Reads and checks the checkpoints that the options name; nothing when they name none. */
export async function readCheckpoints(
  { checkpoints = [], publicKeys = [], loki }: CheckpointOptions,
  findings: Findings,
): Promise<ReadCheckpoints | undefined> {
  if (checkpoints.length === 0) {
    if (loki !== undefined)
      throw new Error('the witness needs the files: give --checkpoints as well')
    return undefined
  }
  if (publicKeys.length === 0) {
    throw new Error('checkpoints prove nothing without the key: give --public-key as well')
  }
  const keys = await readVerifierKeys(publicKeys)
  const find = findings.add.bind(findings)
  // The witness first: what it has by now is in the files when these are read.
  const witnessed = loki === undefined ? [] : await readLokiCheckpoints(loki)
  const present = new Set<string>()
  const read = await checkCheckpoints(
    readCheckpointFiles(checkpoints),
    keys,
    allChecks,
    find,
    loki === undefined ? undefined : (hash) => present.add(hash),
  )
  for (const note of witnessed) checkWitness(note, present, keys, allChecks, find)
  return read
}

function toMicros(date: Date | undefined): bigint | undefined {
  return date && BigInt(date.getTime()) * 1_000n
}
