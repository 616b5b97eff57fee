import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { ARCHIVE_FILES, readManifest } from '../../verification/archive/manifest.ts'
import { verifyArchive } from '../../verification/archive/verify-archive.ts'
import { readLines } from '../../verification/checkpoint-files.ts'
import { CliError } from '../command.ts'
import type { MigrationClient } from './migrations.ts'
import type { RetentionPlan } from './retain-partition.ts'

/** Which archive a partition must be in, and what it is verified against. */
export interface ArchiveCheck {
  /** The archive of the partition, or a folder with one archive for each, named after its partition. */
  readonly directory: string
  readonly publicKeys: readonly string[]
}

/**
 * Makes sure that an archive verifies and has exactly the rows that a partition has now.
 *
 * @throws {CliError} saying what is wrong with it
 */
export async function checkArchive(
  client: MigrationClient,
  plan: RetentionPlan,
  { directory, publicKeys }: ArchiveCheck,
): Promise<void> {
  const own = join(directory, plan.partition)
  const archive = existsSync(own) ? own : directory
  const { part } = await readManifest(archive)
  if (part?.partition !== undefined && part.partition !== plan.partition) {
    throw new CliError(`the archive ${archive} is of ${part.partition}, not of ${plan.partition}`)
  }
  if (!existsSync(join(archive, 'checkpoints'))) {
    throw new CliError(`the archive ${archive} has no checkpoints: export it with "--checkpoints"`)
  }
  // By its own checkpoints: younger ones cover seals that were not there when it was made.
  const { verdict, first } = await verifyArchive({ directory: archive, publicKeys })
  if (verdict === 'red') {
    throw new CliError(
      `${plan.partition} stays: the archive ${archive} does not verify. ${first ? `${first.rule}: ${first.message}` : ''}`,
    )
  }
  await compareRows(client, plan, join(archive, ARCHIVE_FILES.records))
}

/** What tells a row, on both sides. */
interface RowMark {
  readonly recordId: string
  readonly hash: string
}

/** Both sides are in the order of sealer, seal and leaf, so that neither has to be held. */
async function compareRows(
  client: MigrationClient,
  plan: RetentionPlan,
  file: string,
): Promise<void> {
  const archived = readArchived(file, plan)
  for await (const stored of readStoredRows(client, plan)) {
    const { value } = await archived.next()
    if (value?.recordId === stored.recordId && value.hash === stored.hash) continue
    throw new CliError(
      `${plan.partition} stays: ${file} does not have its record ${stored.recordId} where it should be. Export it again`,
    )
  }
  const { value } = await archived.next()
  if (value) {
    throw new CliError(
      `${plan.partition} stays: ${file} has the record ${value.recordId}, which is not in the partition`,
    )
  }
}

async function* readArchived(
  file: string,
  { from, to }: RetentionPlan,
): AsyncGenerator<RowMark, undefined> {
  const [first, end] = [firstIdAt(from), firstIdAt(to)]
  for await (const line of readLines(file)) {
    const { recordId, hash } = JSON.parse(line) as RowMark
    // An archive of more than this month has it all the same.
    if (recordId >= first && recordId < end) yield { recordId, hash }
  }
  return undefined
}

/** The smallest id that a UUIDv7 of this moment can have. */
function firstIdAt(time: Date): string {
  const hex = time.getTime().toString(16).padStart(12, '0')
  return `${hex.slice(0, 8)}-${hex.slice(8)}-0000-0000-000000000000`
}

const ROWS_AT_A_TIME = 10_000

async function* readStoredRows(
  client: MigrationClient,
  { from, to }: RetentionPlan,
): AsyncGenerator<RowMark> {
  let after: readonly [string, string, number] = ['00000000-0000-0000-0000-000000000000', '-1', -1]
  for (;;) {
    const { rows } = await client.query(
      `SELECT record_id AS "recordId", encode(hash, 'hex') AS hash, sealer_id AS sealer, seal_number AS seal, leaf_index AS leaf
       FROM audit.records
       WHERE record_id >= audit.first_id_at($1) AND record_id < audit.first_id_at($2) AND (sealer_id, seal_number, leaf_index) > ($3, $4, $5)
       ORDER BY sealer_id, seal_number, leaf_index LIMIT ${ROWS_AT_A_TIME}`,
      [from, to, ...after],
    )
    const found = rows as readonly (RowMark & {
      readonly sealer: string
      readonly seal: string
      readonly leaf: number
    })[]
    yield* found
    const last = found.at(-1)
    if (!last || found.length < ROWS_AT_A_TIME) return
    after = [last.sealer, last.seal, last.leaf]
  }
}
