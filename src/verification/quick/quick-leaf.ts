import { hash } from 'node:crypto'
import type { EncodedRow } from './encoded-row.ts'
import { FIELD } from './record-fields.ts'
import { sameBytes } from './tape-jsonb.ts'

const ID_BYTES = 16
const HASH_BYTES = 32
/** More is rare, and for the plain way. */
const MAX_NAME_BYTES = 400

const R = 0x52
const P = 0x50
const C = 0x43
const PRODUCER = Buffer.from('producer')
const COLLECTOR = Buffer.from('collector')

/** Where the parts of the leaf of a row of `audit.records` stand: 0, R, id, hash, maker, who let it in. */
const ID = 2
const HASH = ID + ID_BYTES
const MAKER = HASH + HASH_BYTES
const NAME = MAKER + 1

const entry = Buffer.alloc(NAME + MAX_NAME_BYTES)
entry[1] = R
/** Nearly always the same bytes of it are hashed. */
let hashed = entry.subarray(0, NAME)

/** The leaf hash of a row, in hexadecimal digits; nothing when it is for `leafOfRecord` to say. */
export function quickLeafOf(row: EncodedRow): string | undefined {
  const { source } = row
  const maker = makerOf(row)
  const start = row.startOf(FIELD.ingested_by)
  const nameLength = start === -1 ? 0 : row.endOf(FIELD.ingested_by) - start
  if (maker === 0 || nameLength > MAX_NAME_BYTES) return undefined
  copyBytes(source, row.startOf(FIELD.record_id), ID, ID_BYTES)
  copyBytes(source, row.startOf(FIELD.hash), HASH, HASH_BYTES)
  entry[MAKER] = maker
  copyBytes(source, start, NAME, nameLength)
  if (hashed.length !== NAME + nameLength) hashed = entry.subarray(0, NAME + nameLength)
  return hash('sha256', hashed, 'hex')
}

/** Whether the evidence is the producer's: the Collector's has a hash that no producer could name. */
export function isByProducer(row: EncodedRow): boolean {
  return makerOf(row) === P
}

function makerOf(row: EncodedRow): number {
  const start = row.startOf(FIELD.evidence_by)
  const length = start === -1 ? 0 : row.endOf(FIELD.evidence_by) - start
  if (length === PRODUCER.length && sameBytes(row.source, start, PRODUCER, 0, length)) return P
  if (length === COLLECTOR.length && sameBytes(row.source, start, COLLECTOR, 0, length)) return C
  return 0
}

function copyBytes(source: Uint8Array, from: number, to: number, length: number): void {
  for (let at = 0; at < length; at += 1) entry[to + at] = source[from + at]!
}
