import type { CheckpointLine } from '../../../src/verification/checkpoint-files.ts'
import { digestRetained, type RetainedRow } from '../../../src/verification/retained-digest.ts'
import {
  type ConflictRow,
  type QuarantineRow,
  type RecordRow,
  type RetainedLeaves,
  type SealBound,
  type SealRange,
  type SealRow,
  compareBounds,
} from '../../../src/verification/rows.ts'
import type { RetainedStreamRun, TrailSource } from '../../../src/verification/source.ts'

import { encodeRecord, toCopyRow } from './encoded-record.ts'

type Changeable<Row> = { -readonly [Key in keyof Row]: Row[Key] }

/** The rows of a trail in memory: a test may change whatever it likes, as a superuser may. */
export interface TrailRows {
  seals: Changeable<SealRow>[]
  records: Changeable<RecordRow>[]
  conflicts: Changeable<ConflictRow>[]
  quarantine: Changeable<QuarantineRow>[]
  /** Ids of annexes without a record. */
  orphans: string[]
  /** Ids of rows that no range of seals can hold. */
  unplaced: string[]
  /** Names of views that were changed. */
  changedViews: string[]
  retained: RetainedRow[]
  retainedLeaves: RetainedLeaves[]
  retainedStreams: RetainedStreamRun[]
  checkpoints: CheckpointLine[]
  /** Unix microseconds. */
  now: bigint
}

const EXPLAINING =
  /^telltale\.audit\.(?:record\.parked|trail\.stopped|record\.erased|partition\.retained)$/

/**
 * Rows in memory as a source of the verifier.
 *
 * @param isQuick - whether records are offered as PostgreSQL sends them first, as they are when they come from there
 */
export function memorySource(rows: TrailRows, isQuick = true): TrailSource {
  return {
    now: rows.now,
    estimate: { records: rows.records.length },
    async *sealHeaders() {
      yield* rows.seals.toSorted(compareBounds)
    },
    async readRange(range, sink) {
      for (const row of rows.seals) if (isIn(range, row)) sink.seal(row)
      for (const row of sealed(rows.records)) {
        if (!isIn(range, row.place)) continue
        if (isQuick && sink.quickRecord?.(toCopyRow(encodeRecord(row)))) continue
        sink.record(row)
      }
      for (const row of rows.conflicts) if (isIn(range, row.place)) sink.conflict(row)
      for (const row of rows.quarantine) if (isIn(range, row.place)) sink.quarantine(row)
      for (const row of rows.retainedLeaves) if (isIn(range, row)) sink.retained(row)
    },
    retainedPartitions: () =>
      Promise.all(
        rows.retained.map((row) =>
          digestRetained(
            row,
            each(rows.retainedLeaves.filter(({ partition }) => partition === row.partition)),
            each(rows.retainedStreams.filter(({ partition }) => partition === row.partition)),
          ),
        ),
      ),
    retainedStreams: () => each(rows.retainedStreams),
    orphanAnnexes: async () => rows.orphans,
    changedViews: async () => rows.changedViews,
    rowsWithoutPlace: async () =>
      rows.unplaced.map((recordId) => ({ table: 'audit.records', recordId })),
    explainingSeals: async () =>
      rows.records.filter(({ texts }) => EXPLAINING.test(texts[0] ?? '')).map(({ place }) => place),
    sealsOfNumbers: async (numbers) =>
      rows.records
        .filter(({ texts, sequenceNumber }) =>
          numbers.some(
            ({ stream, first, last }) =>
              texts.includes(stream) && sequenceNumber! >= first && sequenceNumber! <= last,
          ),
        )
        .map(({ place }) => place),
    close: async () => {},
  }
}

function isIn({ after, upTo }: SealRange, bound: SealBound): boolean {
  return (!after || compareBounds(after, bound) < 0) && (!upTo || compareBounds(bound, upTo) <= 0)
}

async function* each<Row>(rows: readonly Row[]): AsyncGenerator<Row> {
  yield* rows
}

function sealed<Row extends { readonly place: SealBound }>(rows: readonly Row[]): Row[] {
  return rows.toSorted((a, b) => compareBounds(a.place, b.place))
}
