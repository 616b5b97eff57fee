import type { ClientConfig } from 'pg'
import { isUuid } from '../../core/ids.ts'
import { isSigned, parseCheckpoint, type Checkpoint } from '../checkpoint.ts'
import { readCheckpointFiles, readVerifierKeys } from '../checkpoint-files.ts'
import { HASH_BYTES, inclusionPath } from '../merkle.ts'
import { openPostgresSource, type PostgresSource } from '../postgres/postgres-source.ts'
import type { RecordRow, SealRow } from '../rows.ts'
import { leafOfSeal, toSealText } from '../seal.ts'
import type { Proof } from './proof.ts'
import { verifyProof } from './verify-proof.ts'

/** Which record to prove, and by which checkpoints. */
export interface ProveOptions {
  readonly postgres: ClientConfig
  readonly newestSchema: number
  readonly recordId: string
  readonly checkpoints: readonly string[]
  readonly publicKeys: readonly string[]
}

/**
 * Makes the proof that a record is in the trail, by the first checkpoint that covers it, and checks it.
 *
 * @throws {Error} when there is no such record, no checkpoint covers it, or it cannot be proved
 */
export async function prove(options: ProveOptions): Promise<Proof> {
  const recordId = options.recordId.toLowerCase()
  if (!isUuid(recordId))
    throw new Error(`the id of a record must be a UUID; got "${options.recordId}"`)
  const keys = await readVerifierKeys(options.publicKeys)
  const source = await openPostgresSource(options.postgres, options.newestSchema)
  try {
    const { record, seal } = await findRecord(source, recordId)
    const covering = await findCheckpoint(options.checkpoints, seal, (note) => isSigned(note, keys))
    const log = await readLog(source, seal.sealer, covering.checkpoint.size)
    const leaves = Array.from({ length: seal.leafCount }, (_, index) =>
      seal.leaves.subarray(index * HASH_BYTES, (index + 1) * HASH_BYTES),
    )
    const proof: Proof = {
      format: 'telltale-proof/1',
      record: {
        recordId,
        evidence: record.evidence.toString('utf8'),
        evidenceBy: record.evidenceBy,
        ingestedBy: record.ingestedBy,
      },
      leaf: { index: record.place.leaf, path: toTexts(inclusionPath(leaves, record.place.leaf)) },
      seal: toSealText(seal),
      log: { size: covering.checkpoint.size, path: toTexts(inclusionPath(log, seal.seal)) },
      checkpoint: covering.note,
    }
    const { problems } = verifyProof(proof, keys)
    if (problems.length > 0) {
      throw new Error(`the record cannot be proved: ${problems.join('; ')}. Verify the trail`)
    }
    return proof
  } finally {
    await source.close()
  }
}

async function findRecord(
  source: PostgresSource,
  recordId: string,
): Promise<{ record: RecordRow; seal: SealRow }> {
  const bound = await source.sealOfRecord(recordId)
  if (!bound) throw new Error(`audit.records has no record ${recordId}`)
  let record: RecordRow | undefined
  let seal: SealRow | undefined
  const after = { sealer: bound.sealer, seal: bound.seal - 1 }
  await source.readRange(
    { after, upTo: bound },
    {
      seal: (row) => (seal = row),
      record: (row) => {
        if (row.recordId === recordId) record = row
      },
      conflict: () => {},
      quarantine: () => {},
      retained: () => {},
    },
  )
  if (!record || !seal) throw new Error(`the record ${recordId} names a seal that is not there`)
  return { record, seal }
}

/** The smallest checkpoint that covers a seal. */
async function findCheckpoint(
  paths: readonly string[],
  { sealer, seal }: SealRow,
  isTrusted: (note: string) => boolean,
): Promise<{ checkpoint: Checkpoint; note: string }> {
  let found: { checkpoint: Checkpoint; note: string } | undefined
  for await (const { note } of readCheckpointFiles(paths)) {
    const checkpoint = note === undefined ? undefined : parseCheckpoint(note)
    if (!checkpoint || checkpoint.sealer !== sealer || checkpoint.size <= seal) continue
    if (found && found.checkpoint.size <= checkpoint.size) continue
    if (isTrusted(note!)) found = { checkpoint, note: note! }
  }
  if (!found) {
    throw new Error(
      `no checkpoint of sealer ${sealer} covers seal ${seal}: wait an interval, or give the folder that has it`,
    )
  }
  return found
}

async function readLog(source: PostgresSource, sealer: string, size: number): Promise<Buffer[]> {
  const log: Buffer[] = []
  for await (const header of source.sealHeaders(sealer)) {
    if (log.length < size) log.push(leafOfSeal(header))
  }
  return log
}

function toTexts(path: readonly Buffer[]): string[] {
  return path.map((hash) => hash.toString('base64'))
}
