import type { Place } from '../rows.ts'
import type { StreamRuns } from '../stream-runs.ts'
import type { EncodedRow } from './encoded-row.ts'
import { FIELD } from './record-fields.ts'
import { sameBytes } from './tape-jsonb.ts'

const ID_BYTES = 16
const HASH_BYTES = 32

/** The newest record of a stream, in numbers and bytes. */
interface Tail {
  sequence: number
  readonly id: Buffer
  readonly hash: Buffer
  sealer: string
  seal: number
  leaf: number
  recordedAt: bigint
  /** Whether the runs know it. */
  isTold: boolean
}

/**
 * Lengthens runs record by record without an object for each: the runs are told of the last one when something else comes.
 */
export class StreamTails {
  readonly #runs: StreamRuns
  readonly #tails = new Map<string, Tail>()

  constructor(runs: StreamRuns) {
    this.#runs = runs
  }

  /** Answers whether the record follows the newest one of its stream, and names it; then it has been added. */
  lengthen(stream: string, sequence: number, row: EncodedRow, recordedAt: bigint): boolean {
    const tail = this.#tails.get(stream)
    if (tail?.sequence !== sequence - 1) return false
    const { source } = row
    const previous = row.startOf(FIELD.prev_hash)
    if (previous === -1 || !sameBytes(source, previous, tail.hash, 0, HASH_BYTES)) return false
    tail.isTold = false
    this.#fill(tail, sequence, row, recordedAt)
    return true
  }

  /** Begins to lengthen a run that ends with this record and was told of it. */
  follow(stream: string, sequence: number, row: EncodedRow, recordedAt: bigint): void {
    const tail = this.#tails.get(stream) ?? {
      sequence,
      id: Buffer.allocUnsafe(ID_BYTES),
      hash: Buffer.allocUnsafe(HASH_BYTES),
      sealer: '',
      seal: 0,
      leaf: 0,
      recordedAt,
      isTold: true,
    }
    this.#tails.set(stream, tail)
    this.#fill(tail, sequence, row, recordedAt)
  }

  /** To be called before anything else is done with the runs of a stream. */
  tell(stream: string): void {
    const tail = this.#tails.get(stream)
    if (!tail) return
    this.#tails.delete(stream)
    this.#tell(stream, tail)
  }

  /** To be called after the last record. */
  tellAll(): void {
    for (const [stream, tail] of this.#tails) this.#tell(stream, tail)
    this.#tails.clear()
  }

  #tell(stream: string, tail: Tail): void {
    if (tail.isTold) return
    const { sequence, sealer, seal, leaf, recordedAt } = tail
    const place: Place = { sealer, seal, leaf }
    this.#runs.lengthen(stream, sequence, tail.hash.toString('hex'), {
      recordId: toUuid(tail.id.toString('hex')),
      place,
      recordedAt,
    })
  }

  #fill(tail: Tail, sequence: number, row: EncodedRow, recordedAt: bigint): void {
    const { source } = row
    tail.sequence = sequence
    copyBytes(source, row.startOf(FIELD.record_id), tail.id, ID_BYTES)
    copyBytes(source, row.startOf(FIELD.hash), tail.hash, HASH_BYTES)
    tail.sealer = row.uuid(FIELD.sealer_id)
    tail.seal = row.count(FIELD.seal_number)
    tail.leaf = row.int32(FIELD.leaf_index)
    tail.recordedAt = recordedAt
  }
}

function copyBytes(source: Uint8Array, from: number, target: Uint8Array, length: number): void {
  for (let at = 0; at < length; at += 1) target[at] = source[from + at]!
}

/** Of 32 hexadecimal digits. */
export function toUuid(hex: string): string {
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}
