import { toNumericText } from '../jsonb-text.ts'
import {
  END,
  ENTRY,
  KEY_END,
  KEY_START,
  KIND,
  KIND_OF,
  NEXT,
  START,
  type ValueTape,
} from './value-tape.ts'

/** Attributes of one object that are sorted at a time, those of the objects around it included. */
const MAX_SORTED = 4_000

/** Compares what stands on a tape with what PostgreSQL printed of a jsonb column, byte by byte and without making either a text. */
export class TapeJsonb {
  readonly #order = new Int32Array(MAX_SORTED)
  #used = 0
  #source: ValueTape
  #bytes: Buffer = Buffer.alloc(0)
  #at = 0
  #end = 0

  constructor(source: ValueTape) {
    this.#source = source
  }

  /** Begins an object; its members follow. */
  begin(): void {
    this.#used = 0
  }

  /** Adds a member, whose key no other one has. */
  add(entry: number): void {
    this.#order[this.#used] = entry
    this.#used += 1
  }

  /** Adds all members of a list of attributes on the tape. */
  addAll(from: number, to: number): void {
    const { tape } = this.#source
    for (let entry = from; entry < to; entry = tape[entry + NEXT]!) this.add(entry)
  }

  /** Answers whether the bytes are the object that was begun. */
  equals(bytes: Buffer, start: number, end: number): boolean {
    this.#bytes = bytes
    this.#at = start
    this.#end = end
    return this.#object(0) && this.#at === end
  }

  /** The object whose members are those from this place of the order on. */
  #object(first: number): boolean {
    if (this.#used > MAX_SORTED || !this.#is(BRACE_OPEN)) return false
    const end = this.#used
    this.#sort(first, end)
    const { tape } = this.#source
    for (let place = first; place < end; place += 1) {
      const entry = this.#order[place]!
      if (place > first && !(this.#is(COMMA) && this.#is(SPACE))) return false
      // With its quotes, as it is JSON in both.
      if (!this.#same(tape[entry + KEY_START]! - 1, tape[entry + KEY_END]! + 1)) return false
      if (!this.#is(COLON) || !this.#is(SPACE) || !this.#value(entry)) return false
    }
    return this.#is(BRACE_CLOSE)
  }

  #value(entry: number): boolean {
    const { tape } = this.#source
    const [start, end] = [tape[entry + START]!, tape[entry + END]!]
    switch (tape[entry + KIND_OF]) {
      case KIND.text:
      case KIND.escapedText:
        return this.#same(start - 1, end + 1)
      case KIND.integer:
      case KIND.boolean:
        return this.#same(start, end)
      case KIND.double:
        return this.#text(toNumericText(Number(this.#source.bytes.toString('latin1', start, end))))
      case KIND.empty:
        return this.#text('null')
      case KIND.list:
        return this.#list(entry)
      default:
        return this.#map(entry)
    }
  }

  #map(entry: number): boolean {
    const { tape } = this.#source
    const first = this.#used
    this.addAll(entry + ENTRY, tape[entry + NEXT]!)
    const isSame = this.#object(first)
    this.#used = first
    return isSame
  }

  #list(entry: number): boolean {
    const { tape } = this.#source
    if (!this.#is(BRACKET_OPEN)) return false
    const first = entry + ENTRY
    for (let value = first; value < tape[entry + NEXT]!; value = tape[value + NEXT]!) {
      if (value > first && !(this.#is(COMMA) && this.#is(SPACE))) return false
      if (!this.#value(value)) return false
    }
    return this.#is(BRACKET_CLOSE)
  }

  /** Sorts by insertion as jsonb does: by the length of the keys, then by their bytes, which are in order already. */
  #sort(first: number, end: number): void {
    const order = this.#order
    for (let place = first + 1; place < end; place += 1) {
      const entry = order[place]!
      const length = this.#keyLength(entry)
      let at = place
      for (; at > first && this.#keyLength(order[at - 1]!) > length; at -= 1)
        order[at] = order[at - 1]!
      order[at] = entry
    }
  }

  #keyLength(entry: number): number {
    const { tape } = this.#source
    return tape[entry + KEY_END]! - tape[entry + KEY_START]!
  }

  #is(byte: number): boolean {
    if (this.#at >= this.#end || this.#bytes[this.#at] !== byte) return false
    this.#at += 1
    return true
  }

  #same(from: number, to: number): boolean {
    const start = this.#at
    this.#at += to - from
    return (
      this.#at <= this.#end && sameBytes(this.#source.bytes, from, this.#bytes, start, to - from)
    )
  }

  #text(text: string): boolean {
    for (let at = 0; at < text.length; at += 1) {
      if (!this.#is(text.charCodeAt(at))) return false
    }
    return true
  }
}

/** Whether so many bytes are the same from these two places on. */
export function sameBytes(
  one: Uint8Array,
  oneStart: number,
  other: Uint8Array,
  otherStart: number,
  length: number,
): boolean {
  for (let at = 0; at < length; at += 1) {
    if (one[oneStart + at] !== other[otherStart + at]) return false
  }
  return true
}

const COMMA = 0x2c
const SPACE = 0x20
const COLON = 0x3a
const BRACE_OPEN = 0x7b
const BRACE_CLOSE = 0x7d
const BRACKET_OPEN = 0x5b
const BRACKET_CLOSE = 0x5d
