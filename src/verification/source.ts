import type { CheckName } from './checks.ts'
import type { RangeSink, SealBound, SealHeader, SealRange } from './rows.ts'

/** Reads the rows of a range: what one thread works on at a time. */
export interface RangeReader {
  readRange(range: SealRange, sink: RangeSink): Promise<void>
  close(): Promise<void>
}

/** A row of `audit.retained` with its digest made again from the tables of runs. */
export interface RetainedPartition {
  readonly partition: string
  /** 64 lower-case hexadecimal digits. */
  readonly digest: string
}

/** Numbers of one stream whose records are retained. */
export interface RetainedStreamRun {
  readonly partition: string
  readonly stream: string
  readonly first: number
  readonly last: number
  readonly firstPrevious: string | null
  readonly lastHash: string | null
}

/** A row that stands under no seal, because it names none. */
export interface RowWithoutPlace {
  readonly table: string
  readonly recordId?: string | undefined
}

/** Where a trail is read from: a database, or an archive. */
export interface TrailSource extends RangeReader {
  /** When the snapshot was taken, by the clock of the trail: Unix microseconds. */
  readonly now: bigint
  /** How many seals and records there are about, for people who wait. */
  readonly estimate: { readonly records: number }
  /** The seals ordered by sealer and number. */
  sealHeaders(): AsyncIterable<SealHeader>
  retainedPartitions(): Promise<readonly RetainedPartition[]>
  retainedStreams(): AsyncIterable<RetainedStreamRun>
  /** What it does not hold, although the trail may; nothing when it is all there. */
  readonly lacks?: ReadonlySet<CheckName> | undefined
  /** Annexes that belong to no record, at most `limit` of them. */
  orphanAnnexes(limit: number): Promise<readonly string[]>
  /**
   * Rows that are in no range of seals at all, at most `limit` of each table.
   *
   * @param recordsRead - how many records all ranges together had
   */
  rowsWithoutPlace(recordsRead: number, limit: number): Promise<readonly RowWithoutPlace[]>
  /** Views for reading that show something else than they were made to, by name. */
  changedViews(): Promise<readonly string[]>
  /** The seals of records that may explain others: what the trail says of itself. */
  explainingSeals(): Promise<readonly SealBound[]>
  /** The seals of what is stored under these numbers of streams, as far as there is something. */
  sealsOfNumbers(
    numbers: readonly { readonly stream: string; readonly first: number; readonly last: number }[],
  ): Promise<readonly SealBound[]>
}
