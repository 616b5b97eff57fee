import type { MakeRecord } from './made-record.ts'

/**
 * What `audit.record()` waits for: `spooled` until the record is on the disk of this machine, `stored` until it is committed
 * in PostgreSQL.
 */
export type Durability = 'spooled' | 'stored'

/** A record that has its place. */
export interface AppendedRecord {
  /** UUID, lower case. */
  readonly recordId: string
  readonly streamId: string
  /** From 1. */
  readonly sequence: number
  /** SHA-256 of the evidence, 64 lower-case hexadecimal digits. */
  readonly hash: string
}

/** Where `audit.record()` puts records; the spool is one. */
export interface AuditTrail {
  /**
   * Gives the record its place, and resolves once it is as durable as asked.
   *
   * `make` is called once, before this returns; what it throws rejects, and uses up no place.
   *
   * @throws {AuditError} when the promise cannot be kept
   */
  append(make: MakeRecord, durability: Durability): Promise<AppendedRecord>
}
