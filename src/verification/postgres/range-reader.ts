import type { ClientConfig } from 'pg'
import { FIRST_ANNEX, FIRST_JSON_FIELD, FIRST_TEXT } from '../quick/record-fields.ts'
import { type Place, type RangeSink, type SealRange, TEXT_COLUMNS } from '../rows.ts'
import type { RangeReader } from '../source.ts'
import type { CopyRow } from './copy-rows.ts'
import { rangeQueries } from './queries.ts'
import { Snapshot } from './snapshot.ts'

/** Which snapshot to read, and what of it there is to read at all. */
export interface SnapshotPlace {
  readonly config: ClientConfig
  readonly id: string
  /** Whether `audit.retained_leaves` has rows. */
  readonly hasRetained: boolean
}

/** Opens a connection of its own to a snapshot. */
export async function openRangeReader(place: SnapshotPlace): Promise<RangeReader> {
  const snapshot = await Snapshot.open(place.config, place.id)
  return {
    readRange: (range, sink) => readRange(snapshot, range, sink, place.hasRetained),
    close: () => snapshot[Symbol.asyncDispose](),
  }
}

/** Reads a range of seals and hands its rows over, the seals first. */
export async function readRange(
  snapshot: Snapshot,
  range: SealRange,
  sink: RangeSink,
  hasRetained: boolean,
): Promise<void> {
  await snapshot.copy(rangeQueries.seals(range), (row) =>
    sink.seal({
      sealer: row.uuid(0),
      seal: row.count(1),
      leafCount: row.int32(2),
      recordedAt: row.time(3),
      // Kept beyond the chunk in which they came.
      root: Buffer.from(row.bytes(4)),
      leaves: Buffer.from(row.bytes(5)),
    }),
  )
  await snapshot.copy(rangeQueries.records(range), (row) => {
    if (!sink.quickRecord?.(row)) readRecord(row, sink)
  })
  await snapshot.copy(rangeQueries.conflicts(range), (row) => readConflict(row, sink))
  await snapshot.copy(rangeQueries.quarantine(range), (row) => readQuarantine(row, sink))
  if (!hasRetained) return
  await snapshot.copy(rangeQueries.retained(range), (row) =>
    sink.retained({
      sealer: row.uuid(0),
      seal: row.count(1),
      partition: row.text(2),
      firstLeaf: row.int32(3),
      lastLeaf: row.int32(4),
    }),
  )
}

/** The place of a row that names none: no seal has such a leaf. */
const NO_LEAF = -1

function placeOf(row: CopyRow): Place {
  return { sealer: row.uuid(0), seal: row.count(1), leaf: row.isNull(2) ? NO_LEAF : row.int32(2) }
}

/** Hands a row of `rangeQueries.records` over. */
export function readRecord(row: CopyRow, sink: RangeSink): void {
  const texts: (string | null)[] = []
  for (let index = 0; index < TEXT_COLUMNS.length; index += 1) {
    const field = FIRST_TEXT + index
    texts.push(field < FIRST_JSON_FIELD ? row.textOrNull(field) : row.jsonb(field))
  }
  sink.record({
    place: placeOf(row),
    recordId: row.uuid(3),
    hash: row.hex(4),
    evidence: row.bytes(5),
    evidenceBy: row.text(6),
    ingestedBy: row.textOrNull(7),
    recordedAt: row.time(8),
    occurredAt: row.time(9),
    occurredUnixNano: row.int64OrNull(10),
    sequenceNumber: row.int64OrNull(11),
    prevHash: row.hexOrNull(12),
    annexHash: row.hexOrNull(13),
    texts,
    annex: row.isNull(FIRST_ANNEX)
      ? null
      : {
          salt: row.bytes(FIRST_ANNEX),
          bytes: row.bytes(FIRST_ANNEX + 1),
          details: row.jsonb(FIRST_ANNEX + 2),
        },
  })
}

function readConflict(row: CopyRow, sink: RangeSink): void {
  sink.conflict({
    place: placeOf(row),
    recordId: row.uuid(3),
    hash: row.hex(4),
    storedHash: row.hex(5),
    evidence: row.bytes(6),
    evidenceBy: row.text(7),
    evidenceFormat: row.text(8),
    ingestedBy: row.textOrNull(9),
    recordedAt: row.time(10),
  })
}

function readQuarantine(row: CopyRow, sink: RangeSink): void {
  sink.quarantine({
    place: placeOf(row),
    rawHash: row.hex(3),
    raw: row.bytes(4),
    reason: row.text(5),
    ingestedBy: row.textOrNull(6),
    recordedAt: row.time(7),
    stream: row.textOrNull(8),
    sequence: row.int64OrNull(9),
    evidence: row.isNull(10) ? null : row.bytes(10),
    hash: row.hexOrNull(11),
  })
}
