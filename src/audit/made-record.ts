/** Where a record stands in its stream; given to it when its turn has come. */
export interface StreamPlace {
  /** UUID, lower case: `audit.stream.id`. */
  readonly streamId: string
  /** From 1: `audit.sequence.number`. */
  readonly sequence: number
  /** SHA-256 of the evidence before it, 64 lower-case hexadecimal digits: `audit.sequence.prev_hash`. */
  readonly previousHash: string
}

/** The erasable part of a record: not in the evidence, whose `audit.annex.hash` is SHA-256(salt ‖ bytes). */
export interface Annex {
  /** 32 random bytes. */
  readonly salt: Uint8Array
  readonly bytes: Uint8Array
}

/** A record as it is spooled and sent. */
export interface MadeRecord extends DraftRecord {
  /** Format `telltale/1`: see docs/design/audit.md. */
  readonly evidence: Uint8Array
}

/** A record on its way into the spool. */
export interface DraftRecord {
  /** UUID, lower case. */
  readonly recordId: string
  readonly eventName: string
  readonly timeUnixNano: bigint
  /** Format `telltale/1`. As text it becomes bytes only where it is hashed and written from. */
  readonly evidence: Uint8Array | string
  readonly annex?: Annex
}

/** Makes a record for its place; runs to its end at once, so that the chain has no hole. */
export type MakeRecord = (place: StreamPlace) => DraftRecord
