import { explainAbsence } from './absent-schema.ts'
import type { MigrationClient } from './migrations.ts'

/** A record next to a gap. */
export interface Neighbour {
  readonly recordId: string
  readonly sequence: number
  /** RFC 3339. */
  readonly recordedAt: string
}

/** Consecutive numbers of one stream without records: a row of `audit.gaps`. */
export interface Gap {
  readonly streamId: string
  readonly serviceName: string | null
  readonly firstMissing: number
  readonly lastMissing: number
  readonly state: 'in flight' | 'overdue' | 'missing' | 'parked' | 'quarantined' | 'retained'
  readonly streamEnd: 'open' | 'clean' | 'unclean'
  readonly before: Neighbour | null
  readonly after: Neighbour | null
  /** The record that explains it. */
  readonly explainedBy: string | null
}

/** The gaps of every stream, the streams in the order of their ids. */
export async function findGaps(client: MigrationClient, graceMinutes: number): Promise<Gap[]> {
  const rows = await client
    .query(
      `SELECT stream_id, service_name, first_missing, last_missing, state, stream_end, explained_by,
         before_record_id, before_sequence, before_recorded_at, after_record_id, after_sequence, after_recorded_at
       FROM audit.find_gaps(make_interval(mins => $1)) ORDER BY stream_id, first_missing`,
      [graceMinutes],
    )
    .then(({ rows }) => rows as GapRow[], explainAbsence)
  return rows.map((row) => ({
    streamId: row.stream_id,
    serviceName: row.service_name,
    firstMissing: Number(row.first_missing),
    lastMissing: Number(row.last_missing),
    state: row.state,
    streamEnd: row.stream_end,
    before: toNeighbour(row.before_record_id, row.before_sequence, row.before_recorded_at),
    after: toNeighbour(row.after_record_id, row.after_sequence, row.after_recorded_at),
    explainedBy: row.explained_by,
  }))
}

interface GapRow {
  readonly stream_id: string
  readonly service_name: string | null
  readonly first_missing: string
  readonly last_missing: string
  readonly state: Gap['state']
  readonly stream_end: Gap['streamEnd']
  readonly explained_by: string | null
  readonly before_record_id: string | null
  readonly before_sequence: string | null
  readonly before_recorded_at: Date | null
  readonly after_record_id: string | null
  readonly after_sequence: string | null
  readonly after_recorded_at: Date | null
}

function toNeighbour(
  recordId: string | null,
  sequence: string | null,
  recordedAt: Date | null,
): Neighbour | null {
  if (recordId === null || recordedAt === null) return null
  return { recordId, sequence: Number(sequence), recordedAt: recordedAt.toISOString() }
}
