import type { ClientConfig } from 'pg'
import { digestRetained, type RetainedRow } from '../retained-digest.ts'
import type { RetainedLeaves, SealBound, SealHeader } from '../rows.ts'
import type {
  RetainedPartition,
  RetainedStreamRun,
  RowWithoutPlace,
  TrailSource,
} from '../source.ts'
import { readRange, type SnapshotPlace } from './range-reader.ts'
import { Snapshot } from './snapshot.ts'
import { checkTables } from './table-checks.ts'
import { changedViews } from './view-checks.ts'

/** A database as a source, and what threads of their own need to read the same snapshot. */
export interface PostgresSource extends TrailSource {
  readonly place: SnapshotPlace
  /** The seals ordered by sealer and number, or those of one sealer. */
  sealHeaders(sealer?: string): AsyncIterable<SealHeader>
  retainedRows(): Promise<readonly RetainedRow[]>
  /** The runs of leaves of all retained partitions, ordered by sealer, seal and leaf. */
  retainedLeaves(): AsyncIterable<RetainedLeaves>
  /** Under which seal a record stands. */
  sealOfRecord(recordId: string): Promise<SealBound | undefined>
  /** @throws {Error} when `audit.records` has no monthly partition of this name */
  partition(name: string): Promise<PartitionPlace>
}

/** A monthly partition: the ids from the first up to the end, and the seals that have leaves in it. */
export interface PartitionPlace {
  readonly firstId: string
  readonly endId: string
  readonly seals: readonly SealBound[]
}

/** Records of the trail about itself that explain what is missing. */
const EXPLAINING = `'telltale.audit.record.parked', 'telltale.audit.trail.stopped', 'telltale.audit.record.erased', 'telltale.audit.partition.retained'`

/**
 * Takes a snapshot of the audit schema of a database.
 *
 * @param newestSchema - number of the newest migration that this version of the package knows
 * @throws {Error} when there is no connection or no schema, or when it is newer than this verifier
 */
export async function openPostgresSource(
  config: ClientConfig,
  newestSchema: number,
): Promise<PostgresSource> {
  const snapshot = await Snapshot.open(config)
  try {
    const hasRetained = await checkSchema(snapshot, newestSchema)
    await checkTables(snapshot)
    const id = await snapshot.share()
    const [facts] = await snapshot.rows<{ now: string; records: string }>(
      `SELECT (extract(epoch FROM now()) * 1000000)::bigint AS now,
        (SELECT coalesce(sum(greatest(reltuples, 0)), 0)::bigint FROM pg_class c JOIN pg_inherits i ON i.inhrelid = c.oid
          WHERE i.inhparent = 'audit.records'::regclass) AS records`,
    )
    return new SnapshotSource(
      snapshot,
      { config, id, hasRetained },
      BigInt(facts!.now),
      Number(facts!.records),
    )
  } catch (error) {
    await snapshot[Symbol.asyncDispose]()
    throw error
  }
}

/** Answers whether there are retained partitions. */
async function checkSchema(snapshot: Snapshot, newest: number): Promise<boolean> {
  const [found] = await snapshot.rows<{ schema: string | null; retained: string | null }>(
    `SELECT to_regclass('audit.schema_migrations')::text AS schema, to_regclass('audit.retained')::text AS retained`,
  )
  if (found?.schema == null) {
    throw new Error('the database has no audit schema: "telltale audit migrate" makes one')
  }
  const [{ version } = { version: 0 }] = await snapshot.rows<{ version: number }>(
    'SELECT coalesce(max(version), 0) AS version FROM audit.schema_migrations',
  )
  if (version > newest) {
    throw new Error(
      `the audit schema must be of version ${newest} at most; got ${version}: use a newer telltale`,
    )
  }
  if (found.retained === null) return false
  const [any] = await snapshot.rows<{ any: boolean }>(
    'SELECT EXISTS (SELECT FROM audit.retained) AS any',
  )
  return any?.any === true
}

class SnapshotSource implements PostgresSource {
  readonly place: SnapshotPlace
  readonly now: bigint
  readonly estimate: { readonly records: number }
  readonly #snapshot: Snapshot

  constructor(snapshot: Snapshot, place: SnapshotPlace, now: bigint, records: number) {
    this.#snapshot = snapshot
    this.place = place
    this.now = now
    this.estimate = { records }
  }

  readRange: TrailSource['readRange'] = (range, sink) =>
    readRange(this.#snapshot, range, sink, this.place.hasRetained)

  sealHeaders(sealer?: string): AsyncIterable<SealHeader> {
    const which = sealer === undefined ? '' : `WHERE sealer_id = ${quote(sealer)}`
    return this.#snapshot.copyInto(
      `SELECT sealer_id, seal_number, leaf_count, recorded_at, root FROM audit.seals ${which} ORDER BY sealer_id, seal_number`,
      (row) => ({
        sealer: row.uuid(0),
        seal: row.count(1),
        leafCount: row.int32(2),
        recordedAt: row.time(3),
        root: Buffer.from(row.bytes(4)),
      }),
    )
  }

  async retainedRows(): Promise<readonly RetainedRow[]> {
    if (!this.place.hasRetained) return []
    const rows = await this.#snapshot.rows<Record<keyof RetainedRow, string>>(
      `SELECT partition, extract(epoch FROM from_time)::bigint AS "from", extract(epoch FROM to_time)::bigint AS "to", records
       FROM audit.retained ORDER BY partition`,
    )
    return rows.map(({ partition, from, to, records }) => ({
      partition,
      from: Number(from),
      to: Number(to),
      records: Number(records),
    }))
  }

  async retainedPartitions(): Promise<readonly RetainedPartition[]> {
    const found: RetainedPartition[] = []
    for (const retained of await this.retainedRows()) {
      const which = `WHERE partition = ${quote(retained.partition)}`
      found.push(
        // oxlint-disable-next-line no-await-in-loop -- one connection, one query at a time
        await digestRetained(retained, this.#retainedLeaves(which), this.#retainedStreams(which)),
      )
    }
    return found
  }

  async *retainedLeaves(): AsyncGenerator<RetainedLeaves> {
    if (this.place.hasRetained) yield* this.#retainedLeaves('')
  }

  async *retainedStreams(): AsyncGenerator<RetainedStreamRun> {
    if (this.place.hasRetained) yield* this.#retainedStreams('')
  }

  async orphanAnnexes(limit: number): Promise<readonly string[]> {
    const rows = await this.#snapshot.rows<{ record_id: string }>(
      `SELECT a.record_id FROM audit.annexes a WHERE NOT EXISTS (SELECT FROM audit.records r WHERE r.record_id = a.record_id)
       ORDER BY a.record_id LIMIT $1`,
      [limit],
    )
    return rows.map((row) => row.record_id)
  }

  async rowsWithoutPlace(recordsRead: number, limit: number): Promise<readonly RowWithoutPlace[]> {
    const found: RowWithoutPlace[] = []
    const [counted] = await this.#snapshot.rows<{ records: string }>(
      'SELECT count(*) AS records FROM audit.records',
    )
    // Looking at every row costs as much as reading them all; counting them does not.
    const isWhole = Number(counted!.records) === recordsRead
    for (const [table, id] of [
      ['audit.records', 'record_id'],
      ['audit.conflicts', 'record_id'],
      ['audit.quarantine', 'NULL'],
    ] as const) {
      if (table === 'audit.records' && isWhole) continue
      // Not IS NULL: of a column that is said to be never NULL, PostgreSQL would not even look.
      // oxlint-disable-next-line no-await-in-loop -- one connection, one query at a time
      const rows = await this.#snapshot.rows<{ id: string | null }>(
        `SELECT ${id} AS id FROM ${table} WHERE num_nulls(sealer_id, seal_number) > 0 LIMIT $1`,
        [limit],
      )
      found.push(...rows.map((row) => ({ table, recordId: row.id ?? undefined })))
    }
    return isWhole || found.length > 0 ? found : [{ table: 'audit.records' }]
  }

  changedViews(): Promise<readonly string[]> {
    return changedViews(this.#snapshot)
  }

  explainingSeals(): Promise<readonly SealBound[]> {
    return this.#bounds(
      `SELECT DISTINCT sealer_id, seal_number FROM audit.records WHERE event_name IN (${EXPLAINING})`,
    )
  }

  async sealsOfNumbers(
    numbers: Parameters<TrailSource['sealsOfNumbers']>[0],
  ): Promise<readonly SealBound[]> {
    const values = [
      numbers.map(({ stream }) => stream),
      numbers.map(({ first }) => first),
      numbers.map(({ last }) => last),
    ]
    const wanted =
      'JOIN unnest($1::text[], $2::bigint[], $3::bigint[]) AS w (stream, first, last) ON t.stream_id = w.stream AND t.sequence_number BETWEEN w.first AND w.last'
    return this.#bounds(
      `SELECT t.sealer_id, t.seal_number FROM audit.records t ${wanted}
       UNION SELECT t.sealer_id, t.seal_number FROM audit.quarantine t ${wanted}
       UNION SELECT sealer_id, seal_number FROM audit.conflicts`,
      values,
    )
  }

  async sealOfRecord(recordId: string): Promise<SealBound | undefined> {
    const query = 'SELECT sealer_id, seal_number FROM audit.records WHERE record_id = $1'
    const [bound] = await this.#bounds(query, [recordId])
    return bound
  }

  async partition(name: string): Promise<PartitionPlace> {
    const [found] = await this.#snapshot.rows<{ bound: string }>(
      `SELECT pg_get_expr(c.relpartbound, c.oid) AS bound FROM pg_class c
       JOIN pg_inherits i ON i.inhrelid = c.oid WHERE i.inhparent = 'audit.records'::regclass AND c.relname = $1`,
      [name],
    )
    const [, firstId, endId] =
      /^FOR VALUES FROM \('(.{36})'\) TO \('(.{36})'\)$/.exec(found?.bound ?? '') ?? []
    if (firstId === undefined || endId === undefined) {
      throw new Error(`audit.records has no monthly partition ${JSON.stringify(name)}`)
    }
    // By its ids and not by its name: an auditor may read audit.records, and no partition for itself.
    const seals = await this.#bounds(
      'SELECT DISTINCT sealer_id, seal_number FROM audit.records WHERE record_id >= $1 AND record_id < $2',
      [firstId, endId],
    )
    return { firstId, endId, seals }
  }

  async #bounds(query: string, values: readonly unknown[] = []): Promise<readonly SealBound[]> {
    const rows = await this.#snapshot.rows<{ sealer_id: string; seal_number: string }>(
      `${query} ORDER BY 1, 2`,
      values,
    )
    return rows.map((row) => ({ sealer: row.sealer_id, seal: Number(row.seal_number) }))
  }

  #retainedLeaves(which: string): AsyncGenerator<RetainedLeaves> {
    return this.#snapshot.copyInto(
      `SELECT sealer_id, seal_number, first_leaf, last_leaf, partition FROM audit.retained_leaves ${which} ORDER BY 1, 2, 3`,
      (row) => ({
        sealer: row.uuid(0),
        seal: row.count(1),
        firstLeaf: row.int32(2),
        lastLeaf: row.int32(3),
        partition: row.text(4),
      }),
    )
  }

  #retainedStreams(which: string): AsyncGenerator<RetainedStreamRun> {
    return this.#snapshot.copyInto(
      `SELECT partition, stream_id, first_sequence, last_sequence, first_prev_hash, last_hash
       FROM audit.retained_streams ${which} ORDER BY stream_id COLLATE "C", first_sequence`,
      (row) => ({
        partition: row.text(0),
        stream: row.text(1),
        first: row.count(2),
        last: row.count(3),
        firstPrevious: row.hexOrNull(4),
        lastHash: row.hexOrNull(5),
      }),
    )
  }

  async close(): Promise<void> {
    await this.#snapshot[Symbol.asyncDispose]()
  }
}

/** A text for COPY, which takes no parameters. */
function quote(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}
