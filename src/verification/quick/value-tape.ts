import { A, BACKSLASH, BRACE_CLOSE, bytesOf, JcsScanner, QUOTE } from './jcs-scanner.ts'

/** What kind of value an entry has; the numbers are those on the tape. */
export const KIND = {
  empty: 0,
  text: 1,
  /** A text with escapes: as JSON it is the same everywhere, as plain text it is not. */
  escapedText: 2,
  integer: 3,
  double: 4,
  boolean: 5,
  list: 6,
  map: 7,
} as const

/** Fields of an entry; the places are those of bytes, without the quotes around a text. */
export const KEY_START = 0
export const KEY_END = 1
export const KEY_HASH = 2
export const KIND_OF = 3
export const START = 4
export const END = 5
/** Where the entry after this one and all that lies in it begins. */
export const NEXT = 6
/** Numbers of an entry. */
export const ENTRY = 7

const MAX_ENTRIES = 2_000
/** Deeper is allowed, and rare. */
const MAX_DEPTH = 16

/**
 * Notes where attributes stand and of what kind their values are, in one walk over their bytes.
 *
 * It takes keys in their order that are ASCII and need no escape, and values as OTLP/JSON has them, but for bytes.
 */
export class ValueTape extends JcsScanner {
  readonly tape: Int32Array = new Int32Array(ENTRY * MAX_ENTRIES)
  /** Where the next entry comes. */
  protected used = 0

  protected begin(bytes: Buffer, start: number, end: number): void {
    this.scan(bytes, start, end)
    this.used = 0
  }

  protected attributes(depth: number): boolean {
    if (!this.is(BRACKET_OPEN)) return false
    if (this.is(BRACKET_CLOSE)) return true
    let before = -1
    for (;;) {
      const entry = this.entry()
      if (!this.literal(OPEN_KEY) || !this.#key(entry)) return false
      if (before >= 0 && !this.#isSorted(before, entry)) return false
      if (!this.literal(VALUE) || !this.value(entry, depth) || !this.is(BRACE_CLOSE)) return false
      before = entry
      if (this.is(BRACKET_CLOSE)) return true
      if (!this.is(COMMA)) return false
    }
  }

  protected values(depth: number): boolean {
    if (!this.is(BRACKET_OPEN)) return false
    if (this.is(BRACKET_CLOSE)) return true
    for (;;) {
      if (!this.value(this.entry(), depth)) return false
      if (this.is(BRACKET_CLOSE)) return true
      if (!this.is(COMMA)) return false
    }
  }

  /** Takes the next place on the tape; when it is full, `#value` says no. */
  protected entry(): number {
    const entry = this.used
    this.used += ENTRY
    return entry
  }

  #key(entry: number): boolean {
    const { bytes, tape } = this
    const end = this.end
    let at = this.at
    let hash = 0
    tape[entry + KEY_START] = at
    for (; at < end; at += 1) {
      const byte = bytes[at]!
      if (byte === QUOTE) break
      if (byte < 0x20 || byte >= 0x80 || byte === BACKSLASH) return false
      hash = (Math.imul(hash, 31) + byte) | 0
    }
    tape[entry + KEY_END] = at
    tape[entry + KEY_HASH] = hash
    this.at = at
    return true
  }

  /** Whether a key comes after another one: of equal ones the columns have rules of their own. */
  #isSorted(before: number, entry: number): boolean {
    const { bytes, tape } = this
    let one = tape[before + KEY_START]!
    let other = tape[entry + KEY_START]!
    const [oneEnd, otherEnd] = [tape[before + KEY_END]!, tape[entry + KEY_END]!]
    for (; one < oneEnd && other < otherEnd; one += 1, other += 1) {
      if (bytes[one] !== bytes[other]) return bytes[one]! < bytes[other]!
    }
    return one === oneEnd && other < otherEnd
  }

  protected value(entry: number, depth: number): boolean {
    if (this.used > ENTRY * MAX_ENTRIES || depth > MAX_DEPTH) return false
    if (!this.is(BRACE_OPEN)) return false
    const { tape } = this
    const kind = this.#content(entry, depth)
    if (kind === NONE) return false
    tape[entry + KIND_OF] = kind
    tape[entry + NEXT] = this.used
    return this.is(BRACE_CLOSE)
  }

  #content(entry: number, depth: number): number {
    const { bytes, tape } = this
    // The letter behind the quote.
    switch (bytes[this.at + 1]) {
      case S: {
        if (!this.literal(STRING_VALUE)) return NONE
        tape[entry + START] = this.at
        if (!this.text()) return NONE
        tape[entry + END] = this.at - 1
        return this.isEscaped ? KIND.escapedText : KIND.text
      }
      case I: {
        if (!this.literal(INT_VALUE)) return NONE
        tape[entry + START] = this.at
        if (!this.integer()) return NONE
        tape[entry + END] = this.at
        return this.is(QUOTE) ? KIND.integer : NONE
      }
      case B: {
        if (!this.literal(BOOL_VALUE)) return NONE
        tape[entry + START] = this.at
        if (!this.literal(TRUE) && !this.literal(FALSE)) return NONE
        tape[entry + END] = this.at
        return KIND.boolean
      }
      case D: {
        if (!this.literal(DOUBLE_VALUE)) return NONE
        tape[entry + START] = this.at
        if (!this.double()) return NONE
        tape[entry + END] = this.at
        return KIND.double
      }
      case K:
        return this.literal(MAP_VALUE) && this.attributes(depth + 1) && this.is(BRACE_CLOSE)
          ? KIND.map
          : NONE
      case A:
        return this.literal(LIST_VALUE) && this.values(depth + 1) && this.is(BRACE_CLOSE)
          ? KIND.list
          : NONE
      default:
        return bytes[this.at] === BRACE_CLOSE ? KIND.empty : NONE
    }
  }
}

/** The hash of a key as the tape has it. */
export function hashKey(key: Uint8Array): number {
  let hash = 0
  for (const byte of key) hash = (Math.imul(hash, 31) + byte) | 0
  return hash
}

/** The content of a value that is not taken. */
const NONE = -1

const COMMA = 0x2c
const BRACE_OPEN = 0x7b
const BRACKET_OPEN = 0x5b
const BRACKET_CLOSE = 0x5d
/** Of small letters. */
const [B, D, I, K, S] = [0x62, 0x64, 0x69, 0x6b, 0x73] as const

const OPEN_KEY = bytesOf('{"key":"')
const VALUE = bytesOf('","value":')
const STRING_VALUE = bytesOf('"stringValue":"')
const INT_VALUE = bytesOf('"intValue":"')
const BOOL_VALUE = bytesOf('"boolValue":')
const DOUBLE_VALUE = bytesOf('"doubleValue":')
const MAP_VALUE = bytesOf('"kvlistValue":{"values":')
const LIST_VALUE = bytesOf('"arrayValue":{"values":')
const TRUE = bytesOf('true')
const FALSE = bytesOf('false')
