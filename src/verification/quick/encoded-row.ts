/** A row of `audit.records` and its annex as PostgreSQL sends it in binary, good until the next one. */
export interface EncodedRow {
  /** The bytes in which the fields are. */
  readonly source: Buffer
  /** Where a field starts; -1 when it is NULL. */
  startOf(field: number): number
  endOf(field: number): number
  int32(field: number): number
  /** A bigint that counts something. */
  count(field: number): number
  uuid(field: number): string
  /** Unix microseconds. */
  time(field: number): bigint
}
