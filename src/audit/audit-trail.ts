import type { MakeRecord } from './made-record.ts'

/** What a record's promise waits for: the producer's disk, or the commit in PostgreSQL. */
export type Durability = 'spooled' | 'stored'

/** Where a record has come to stand. */
export interface AppendedRecord {
  readonly recordId: string
  readonly streamId: string
  /** From 1, without gaps. */
  readonly sequence: number
  /** SHA-256 of the evidence, 64 lower-case hexadecimal digits. */
  readonly hash: string
}

/** Takes audit records in, in the order of the calls. */
export interface AuditTrail {
  /**
   * Appends a record; `make` is called at once, with the record's place.
   *
   * @throws {AuditError} `TELLTALE_AUDIT_SPOOL_FULL`, `TELLTALE_AUDIT_SPOOL_FAILED`, `TELLTALE_AUDIT_OVERLOADED`,
   * `TELLTALE_AUDIT_UNAVAILABLE`, and whatever `make` throws
   */
  append(make: MakeRecord, durability: Durability): Promise<AppendedRecord>
  /**
   * Appends a record that nobody waits for: it is in the file when the call returns, so that it outlives the process,
   * and synced with the next group. Never throws; what cannot be written is counted and said once.
   */
  write(make: MakeRecord): void
}
