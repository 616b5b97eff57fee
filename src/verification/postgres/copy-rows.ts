import type { EncodedRow } from '../quick/encoded-row.ts'
import { toUuid } from '../quick/stream-tails.ts'
import { sameBytes } from '../quick/tape-jsonb.ts'

/** Microseconds from 1970 to 2000, where PostgreSQL's binary timestamps start. */
const POSTGRES_EPOCH_MICROS = 946_684_800_000_000n

const SIGNATURE = Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1')
/** Signature, flags, and the length of a header extension that no version has. */
const HEADER_BYTES = SIGNATURE.length + 8

/**
 * Decodes `COPY … TO STDOUT (FORMAT binary)` row by row, field by field, only what is asked for.
 *
 * The driver's own rows are the limit otherwise: they cost more than hashing and checking together.
 * Bytes that are kept (evidence, hashes) are views of the chunks: whoever keeps them longer must copy them.
 */
export class CopyRows {
  readonly #onRow: (row: CopyRow) => void
  readonly #row: CopyRow
  #rest: Buffer | undefined
  #started = false
  #ended = false

  constructor(onRow: (row: CopyRow) => void) {
    this.#onRow = onRow
    this.#row = new CopyRow()
  }

  /** Takes what lies between two places of a chunk. */
  write(chunk: Buffer, start = 0, end: number = chunk.length): void {
    if (this.#rest) {
      const bytes: Buffer = Buffer.concat([this.#rest, chunk.subarray(start, end)])
      this.#rest = undefined
      this.#take(bytes, 0, bytes.length)
    } else this.#take(chunk, start, end)
  }

  #take(bytes: Buffer, start: number, end: number): void {
    let at = start
    if (!this.#started) {
      if (end - start < HEADER_BYTES) {
        this.#rest = bytes.subarray(start, end)
        return
      }
      if (!bytes.subarray(start, start + SIGNATURE.length).equals(SIGNATURE)) {
        throw new Error('PostgreSQL answered COPY with something else than its binary format')
      }
      this.#started = true
      at += HEADER_BYTES
    }
    while (!this.#ended && at < end) {
      const next = this.#row.read(bytes, at, end)
      if (next === INCOMPLETE) break
      if (next === END) {
        this.#ended = true
        return
      }
      at = next
      this.#onRow(this.#row)
    }
    if (at < end) this.#rest = bytes.subarray(at, end)
  }

  /** @throws {Error} when the rows ended before their trailer */
  end(): void {
    if (!this.#ended) throw new Error('PostgreSQL ended COPY before its last row')
  }
}

const UUID_BYTES = 16
const INCOMPLETE = -1
const END = -2

/** The fields of the row that is being read; good until the next one. */
export class CopyRow implements EncodedRow {
  source: Buffer = Buffer.alloc(0)
  readonly #starts: number[] = []
  readonly #ends: number[] = []
  readonly #lastUuid = Buffer.alloc(UUID_BYTES)
  #lastUuidText = ''

  /** Finds the fields of a row, not beyond `to`; answers with where the next one starts. */
  read(bytes: Buffer, from: number, to: number): number {
    if (from + 2 > to) return INCOMPLETE
    const count = bytes.readInt16BE(from)
    if (count === -1) return END
    let at = from + 2
    for (let field = 0; field < count; field += 1) {
      if (at + 4 > to) return INCOMPLETE
      const length = bytes.readInt32BE(at)
      at += 4
      this.#starts[field] = length < 0 ? -1 : at
      if (length > 0) at += length
      if (at > to) return INCOMPLETE
      this.#ends[field] = at
    }
    this.source = bytes
    return at
  }

  startOf(field: number): number {
    return this.#starts[field]!
  }

  endOf(field: number): number {
    return this.#ends[field]!
  }

  isNull(field: number): boolean {
    return this.#starts[field] === -1
  }

  bytes(field: number): Buffer {
    return this.source.subarray(this.#starts[field], this.#ends[field])
  }

  text(field: number): string {
    return this.source.toString('utf8', this.#starts[field], this.#ends[field])
  }

  textOrNull(field: number): string | null {
    return this.isNull(field) ? null : this.text(field)
  }

  hexOrNull(field: number): string | null {
    return this.isNull(field) ? null : this.hex(field)
  }

  hex(field: number): string {
    return this.source.toString('hex', this.#starts[field], this.#ends[field])
  }

  /** jsonb travels as one byte of version, then its text. */
  jsonb(field: number): string {
    return this.source.toString('utf8', this.#starts[field]! + 1, this.#ends[field])
  }

  uuid(field: number): string {
    const start = this.#starts[field]!
    // The sealer, which queries put first, is the same for thousands of rows.
    const isKnown = field === 0 && sameBytes(this.source, start, this.#lastUuid, 0, UUID_BYTES)
    if (isKnown && this.#lastUuidText !== '') return this.#lastUuidText
    const uuid = toUuid(this.hex(field))
    if (field === 0) {
      this.source.copy(this.#lastUuid, 0, start, start + UUID_BYTES)
      this.#lastUuidText = uuid
    }
    return uuid
  }

  int32(field: number): number {
    return this.source.readInt32BE(this.#starts[field])
  }

  int64(field: number): bigint {
    return this.source.readBigInt64BE(this.#starts[field])
  }

  int64OrNull(field: number): bigint | null {
    return this.isNull(field) ? null : this.int64(field)
  }

  /** A bigint that counts something. */
  count(field: number): number {
    const start = this.#starts[field]!
    // Not through a bigint, which is an object: the sum is rounded as its conversion would be.
    return this.source.readInt32BE(start) * 2 ** 32 + this.source.readUInt32BE(start + 4)
  }

  /** Unix microseconds. */
  time(field: number): bigint {
    return this.int64(field) + POSTGRES_EPOCH_MICROS
  }
}
