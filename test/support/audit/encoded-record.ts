import { CopyRow } from '../../../src/verification/postgres/copy-rows.ts'
import type { RecordRow } from '../../../src/verification/rows.ts'

const MICROS_TO_2000 = 946_684_800_000_000n

/** A row of `audit.records` with its annex in PostgreSQL's binary COPY format: the number of its fields, then each with its length. */
export function encodeRecord(row: RecordRow): Buffer {
  const texts = row.texts.map((text) => (text === null ? null : Buffer.from(text)))
  const jsonAt = texts.length - 3
  const fields = [
    uuid(row.place.sealer),
    int64(BigInt(row.place.seal)),
    int32(row.place.leaf),
    uuid(row.recordId),
    Buffer.from(row.hash, 'hex'),
    row.evidence,
    Buffer.from(row.evidenceBy),
    row.ingestedBy === null ? null : Buffer.from(row.ingestedBy),
    int64(row.recordedAt - MICROS_TO_2000),
    int64(row.occurredAt - MICROS_TO_2000),
    row.occurredUnixNano === null ? null : int64(row.occurredUnixNano),
    row.sequenceNumber === null ? null : int64(row.sequenceNumber),
    row.prevHash === null ? null : Buffer.from(row.prevHash, 'hex'),
    row.annexHash === null ? null : Buffer.from(row.annexHash, 'hex'),
    ...texts.map((text, at) => (at < jsonAt || text === null ? text : jsonb(text))),
    row.annex?.salt ?? null,
    row.annex?.bytes ?? null,
    row.annex ? jsonb(Buffer.from(row.annex.details)) : null,
  ]
  const count = Buffer.alloc(2)
  count.writeInt16BE(fields.length)
  return Buffer.concat([
    count,
    ...fields.flatMap((field) => (field === null ? [int32(-1)] : [int32(field.length), field])),
  ])
}

/** The fields of an encoded row, as the verifier finds them. */
export function toCopyRow(bytes: Buffer): CopyRow {
  const row = new CopyRow()
  if (row.read(bytes, 0, bytes.length) !== bytes.length) throw new Error('the row must be whole')
  return row
}

/** jsonb travels behind its version. */
function jsonb(text: Buffer): Buffer {
  return Buffer.concat([Buffer.from([1]), text])
}

function uuid(text: string): Buffer {
  return Buffer.from(text.replaceAll('-', ''), 'hex')
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(value)
  return bytes
}

function int64(value: bigint): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeBigInt64BE(value)
  return bytes
}
