import { checkCheckpoints, checkWitness, type ReadCheckpoints } from './checkpoint-checks.ts'
import { readCheckpointFiles, readVerifierKeys } from './checkpoint-files.ts'
import { allChecks } from './checks.ts'
import { readLokiCheckpoints } from './loki-witness.ts'
import type { Findings } from './problems.ts'

/** Where checkpoints are, and whose they must be. */
export interface CheckpointOptions {
  /** Folders or files of checkpoints. Without any the verdict is amber at best. */
  readonly checkpoints?: readonly string[] | undefined
  /** Files of C2SP verifier keys. */
  readonly publicKeys?: readonly string[] | undefined
  /** Base URL of a Loki that the checkpoints were sent to. */
  readonly loki?: string | undefined
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
