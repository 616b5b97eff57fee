import type { EncodedRow } from './quick/encoded-row.ts'

/** Where a row stands in its sealer's seals. */
export interface Place {
  readonly sealer: string
  readonly seal: number
  readonly leaf: number
}

/** The columns of `audit.records` that say what the evidence says, in the order in which they are read. */
export const TEXT_COLUMNS = [
  'event_name',
  'actor_id',
  'actor_type',
  'action',
  'outcome',
  'target_type',
  'target_id',
  'source_id',
  'source_type',
  'tenant_id',
  'request_id',
  'user_agent',
  'trace_id',
  'span_id',
  'service_name',
  'schema_version',
  'stream_id',
  'evidence_format',
  'details',
  'attributes',
  'resource',
] as const

export type TextColumn = (typeof TEXT_COLUMNS)[number]

/** A row of `audit.records` with its annex. JSON columns are text as PostgreSQL prints jsonb. */
export interface RecordRow {
  readonly place: Place
  readonly recordId: string
  /** 64 lower-case hexadecimal digits. */
  readonly hash: string
  readonly evidence: Buffer
  readonly evidenceBy: string
  readonly ingestedBy: string | null
  /** Unix microseconds, as every time here. */
  readonly recordedAt: bigint
  readonly occurredAt: bigint
  readonly occurredUnixNano: bigint | null
  readonly sequenceNumber: bigint | null
  readonly prevHash: string | null
  readonly annexHash: string | null
  /** In the order of {@link TEXT_COLUMNS}. */
  readonly texts: readonly (string | null)[]
  readonly annex: AnnexRow | null
}

/** A row of `audit.annexes`. */
export interface AnnexRow {
  readonly salt: Buffer
  readonly bytes: Buffer
  /** As PostgreSQL prints jsonb. */
  readonly details: string
}

/** A row of `audit.conflicts`. */
export interface ConflictRow {
  readonly place: Place
  readonly recordId: string
  readonly hash: string
  readonly storedHash: string
  readonly evidence: Buffer
  readonly evidenceBy: string
  readonly evidenceFormat: string
  readonly ingestedBy: string | null
  readonly recordedAt: bigint
}

/** A row of `audit.quarantine`. */
export interface QuarantineRow {
  readonly place: Place
  readonly rawHash: string
  readonly raw: Buffer
  readonly reason: string
  readonly ingestedBy: string | null
  readonly recordedAt: bigint
  /** What the row says of the record in it, as far as one could be read. */
  readonly stream: string | null
  readonly sequence: bigint | null
  readonly evidence: Buffer | null
  readonly hash: string | null
}

/** A row of `audit.seals` without its leaves. */
export interface SealHeader {
  readonly sealer: string
  readonly seal: number
  readonly leafCount: number
  readonly recordedAt: bigint
  readonly root: Buffer
}

/** A row of `audit.seals`. */
export interface SealRow extends SealHeader {
  /** The leaf hashes one after the other. */
  readonly leaves: Buffer
}

/** One bound of a range of seals; rows are ordered by sealer, then by number. */
export interface SealBound {
  readonly sealer: string
  readonly seal: number
}

/** The seals after one bound, up to and with the other; open where there is none. */
export interface SealRange {
  readonly after?: SealBound | undefined
  readonly upTo?: SealBound | undefined
}

/** A range with both bounds. */
export interface ClosedRange {
  readonly after: SealBound
  readonly upTo: SealBound
}

/** A row of `audit.retained_leaves`: leaves of one seal whose rows went with their partition. */
export interface RetainedLeaves extends SealBound {
  readonly partition: string
  readonly firstLeaf: number
  readonly lastLeaf: number
}

/** Takes the rows of a range: all its seals first. */
export interface RangeSink {
  seal(row: SealRow): void
  record(row: RecordRow): void
  /** Takes a record that is in order from its bytes; of one that it does not take, `record` is told. */
  quickRecord?(row: EncodedRow): boolean
  conflict(row: ConflictRow): void
  quarantine(row: QuarantineRow): void
  retained(row: RetainedLeaves): void
}

/** Smaller than 0 when the first bound comes before the second. */
export function compareBounds(a: SealBound, b: SealBound): number {
  if (a.sealer !== b.sealer) return a.sealer < b.sealer ? -1 : 1
  return a.seal - b.seal
}
