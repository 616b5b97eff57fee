const HEADER = Buffer.from('5047434f50590aff0d0a000000000000000000', 'hex')
const TRAILER = Buffer.from('ffff', 'hex')
const MICROS_TO_2000 = 946_684_800_000_000

/**
 * Rows in PostgreSQL's binary COPY format.
 *
 * @see https://www.postgresql.org/docs/current/sql-copy.html
 */
export class CopyBuffer {
  rows = 0
  #bytes: Buffer
  #at: number

  constructor(bytes: number) {
    this.#bytes = Buffer.allocUnsafe(bytes)
    this.#at = HEADER.copy(this.#bytes)
  }

  /** Begins a row; the fields follow, each with a call. */
  row(fields: number): void {
    this.#reserve(2)
    this.#at = this.#bytes.writeInt16BE(fields, this.#at)
    this.rows += 1
  }

  text(value: string | undefined): void {
    if (value === undefined) return this.nothing()
    this.#variable(value, 0)
  }

  /** Takes the text as it is. */
  jsonb(value: string): void {
    this.#variable(value, 1)
  }

  uuid(value: string): void {
    this.hex(value.replaceAll('-', ''))
  }

  hex(value: string): void {
    const length = value.length / 2
    this.#reserve(4 + length)
    this.#at = this.#bytes.writeInt32BE(length, this.#at)
    this.#at += this.#bytes.write(value, this.#at, 'hex')
  }

  bytes(value: Uint8Array): void {
    this.#reserve(4 + value.length)
    this.#at = this.#bytes.writeInt32BE(value.length, this.#at)
    this.#bytes.set(value, this.#at)
    this.#at += value.length
  }

  integer(value: number): void {
    this.#reserve(8)
    this.#at = this.#bytes.writeInt32BE(4, this.#at)
    this.#at = this.#bytes.writeInt32BE(value, this.#at)
  }

  bigint(value: bigint): void {
    this.#reserve(12)
    this.#at = this.#bytes.writeInt32BE(8, this.#at)
    this.#at = this.#bytes.writeBigInt64BE(value, this.#at)
  }

  timestamp(unixMicros: number): void {
    this.bigint(BigInt(unixMicros - MICROS_TO_2000))
  }

  nothing(): void {
    this.#reserve(4)
    this.#at = this.#bytes.writeInt32BE(-1, this.#at)
  }

  /** All rows so far, as one complete stream; the buffer begins anew. */
  take(): Buffer {
    const taken = Buffer.concat([this.#bytes.subarray(0, this.#at), TRAILER])
    this.#at = HEADER.length
    this.rows = 0
    return taken
  }

  #variable(value: string, prefix: 0 | 1): void {
    this.#reserve(4 + prefix + 3 * value.length)
    const start = this.#at
    this.#at += 4
    if (prefix === 1) this.#bytes[this.#at++] = 1
    this.#at += this.#bytes.write(value, this.#at)
    this.#bytes.writeInt32BE(this.#at - start - 4, start)
  }

  #reserve(bytes: number): void {
    if (this.#at + bytes <= this.#bytes.length) return
    const larger = Buffer.allocUnsafe(2 * (this.#bytes.length + bytes))
    this.#bytes.copy(larger, 0, 0, this.#at)
    this.#bytes = larger
  }
}
