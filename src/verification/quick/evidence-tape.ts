import { isUtf8 } from 'node:buffer'

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
 * Reads evidence as it stands, in one walk over its bytes that makes no object and no text: a tape says where each attribute is.
 *
 * It takes a part of what is evidence, the part that nearly every record is in: no text that is no UTF-8, no escaped key, no key
 * twice, no integer of more than 18 digits, no bytes. All that it takes is evidence by the rules of `readEvidence`; what it does not
 * take may still be.
 */
export class EvidenceTape {
  readonly tape: Int32Array = new Int32Array(ENTRY * MAX_ENTRIES)
  bytes: Buffer = Buffer.alloc(0)
  /** Where the entries of the attributes and of the resource's attributes begin and end on the tape. */
  attributesEnd = 0
  resourceStart = 0
  resourceEnd = 0
  /** Places of the members that have a column; the start is -1 when there is none. */
  eventNameStart = -1
  eventNameEnd = -1
  timeStart = -1
  timeEnd = -1
  spanIdStart = -1
  traceIdStart = -1
  #at = 0
  #end = 0
  #used = 0
  /** All bytes of texts, or-ed. */
  #seen = 0
  #isEscaped = false

  /** Answers whether the bytes from `start` to `end` are evidence that it can read. */
  readEvidence(bytes: Buffer, start: number, end: number): boolean {
    this.#begin(bytes, start, end)
    this.eventNameStart = this.timeStart = this.spanIdStart = this.traceIdStart = -1
    if (!this.#literal(OPEN_ATTRIBUTES) || !this.#attributes(1)) return false
    this.attributesEnd = this.#used
    if (this.#literal(BODY) && !(this.#value(this.#entry(), 1) && this.#isFull())) return false
    if (this.#literal(EVENT_NAME)) {
      this.eventNameStart = this.#at
      if (!this.#filledText() || this.#isEscaped) return false
      this.eventNameEnd = this.#at - 1
    }
    if (this.#literal(FLAGS) && !this.#positive()) return false
    if (!this.#literal(FORMAT_AND_RESOURCE)) return false
    this.resourceStart = this.#used
    if (!this.#attributes(1) || !this.#is(BRACE_CLOSE)) return false
    this.resourceEnd = this.#used
    if (this.#literal(SCOPE) && !this.#scope()) return false
    if (this.#literal(SEVERITY_NUMBER) && !this.#positive()) return false
    if (this.#literal(SEVERITY_TEXT) && !this.#filledText()) return false
    if (this.#literal(SPAN_ID)) {
      this.spanIdStart = this.#at
      if (!this.#identifier(16)) return false
    }
    if (this.#literal(TIME)) {
      this.timeStart = this.#at
      if (!this.#time()) return false
      this.timeEnd = this.#at - 1
    }
    if (this.#literal(TRACE_ID)) {
      this.traceIdStart = this.#at
      if (!this.#identifier(32)) return false
    }
    return this.#is(BRACE_CLOSE) && this.#isWhole(start)
  }

  /** Answers whether the bytes are an annex that it can read; its attributes are the whole tape then. */
  readAnnex(bytes: Buffer, start: number, end: number): boolean {
    this.#begin(bytes, start, end)
    if (!this.#literal(OPEN_VALUES) || !this.#attributes(1) || !this.#is(BRACE_CLOSE)) return false
    this.attributesEnd = this.#used
    return this.#isWhole(start)
  }

  #begin(bytes: Buffer, start: number, end: number): void {
    this.bytes = bytes
    this.#at = start
    this.#end = end
    this.#used = 0
    this.#seen = 0
  }

  /** Whether it ends just where the bytes do, and they are UTF-8. */
  #isWhole(start: number): boolean {
    return (
      this.#at === this.#end && (this.#seen < 0x80 || isUtf8(this.bytes.subarray(start, this.#end)))
    )
  }

  #attributes(depth: number): boolean {
    if (!this.#is(BRACKET_OPEN)) return false
    if (this.#is(BRACKET_CLOSE)) return true
    let before = -1
    for (;;) {
      const entry = this.#entry()
      if (!this.#literal(OPEN_KEY) || !this.#key(entry)) return false
      if (before >= 0 && !this.#isSorted(before, entry)) return false
      if (!this.#literal(VALUE) || !this.#value(entry, depth) || !this.#is(BRACE_CLOSE))
        return false
      before = entry
      if (this.#is(BRACKET_CLOSE)) return true
      if (!this.#is(COMMA)) return false
    }
  }

  #values(depth: number): boolean {
    if (!this.#is(BRACKET_OPEN)) return false
    if (this.#is(BRACKET_CLOSE)) return true
    for (;;) {
      if (!this.#value(this.#entry(), depth)) return false
      if (this.#is(BRACKET_CLOSE)) return true
      if (!this.#is(COMMA)) return false
    }
  }

  /** Takes the next place on the tape; when it is full, `#value` says no. */
  #entry(): number {
    const entry = this.#used
    this.#used += ENTRY
    return entry
  }

  #key(entry: number): boolean {
    const { bytes, tape } = this
    const end = this.#end
    let at = this.#at
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
    this.#at = at
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

  #value(entry: number, depth: number): boolean {
    if (this.#used > ENTRY * MAX_ENTRIES || depth > MAX_DEPTH) return false
    if (!this.#is(BRACE_OPEN)) return false
    const { tape } = this
    const kind = this.#content(entry, depth)
    if (kind === NONE) return false
    tape[entry + KIND_OF] = kind
    tape[entry + NEXT] = this.#used
    return this.#is(BRACE_CLOSE)
  }

  #content(entry: number, depth: number): number {
    const { bytes, tape } = this
    // The letter behind the quote.
    switch (bytes[this.#at + 1]) {
      case S: {
        if (!this.#literal(STRING_VALUE)) return NONE
        tape[entry + START] = this.#at
        if (!this.#text()) return NONE
        tape[entry + END] = this.#at - 1
        return this.#isEscaped ? KIND.escapedText : KIND.text
      }
      case I: {
        if (!this.#literal(INT_VALUE)) return NONE
        tape[entry + START] = this.#at
        if (!this.#integer()) return NONE
        tape[entry + END] = this.#at
        return this.#is(QUOTE) ? KIND.integer : NONE
      }
      case B: {
        if (!this.#literal(BOOL_VALUE)) return NONE
        tape[entry + START] = this.#at
        if (!this.#literal(TRUE) && !this.#literal(FALSE)) return NONE
        tape[entry + END] = this.#at
        return KIND.boolean
      }
      case D: {
        if (!this.#literal(DOUBLE_VALUE)) return NONE
        tape[entry + START] = this.#at
        if (!this.#double()) return NONE
        tape[entry + END] = this.#at
        return KIND.double
      }
      case K:
        return this.#literal(MAP_VALUE) && this.#attributes(depth + 1) && this.#is(BRACE_CLOSE)
          ? KIND.map
          : NONE
      case A:
        return this.#literal(LIST_VALUE) && this.#values(depth + 1) && this.#is(BRACE_CLOSE)
          ? KIND.list
          : NONE
      default:
        return bytes[this.#at] === BRACE_CLOSE ? KIND.empty : NONE
    }
  }

  /** Whether the value that was read last is none that must be left out. */
  #isFull(): boolean {
    return this.tape[this.attributesEnd + KIND_OF] !== KIND.empty
  }

  #filledText(): boolean {
    const start = this.#at
    return this.#text() && this.#at > start + 1
  }

  /** The rest of a text, with the quote behind it, in the escapes that JCS uses. */
  #text(): boolean {
    const { bytes } = this
    const end = this.#end
    let at = this.#at
    let seen = 0
    this.#isEscaped = false
    for (; at < end; at += 1) {
      const byte = bytes[at]!
      seen |= byte
      if (byte === QUOTE) break
      if (byte < 0x20) return false
      if (byte !== BACKSLASH) continue
      this.#isEscaped = true
      const length = this.#escapeLength(at)
      if (length === 0) return false
      at += length - 1
    }
    this.#seen |= seen
    this.#at = at + 1
    return at < end
  }

  /** Bytes of an escape that stands for what no other one does; 0 for others, and for NUL, which no column can hold. */
  #escapeLength(at: number): number {
    const { bytes } = this
    const byte = bytes[at + 1]!
    if (byte !== U) return SHORT_ESCAPES.has(byte) ? 2 : 0
    if (bytes[at + 2] !== ZERO || bytes[at + 3] !== ZERO) return 0
    const isUpper = bytes[at + 4] === ONE
    if (!isUpper && bytes[at + 4] !== ZERO) return 0
    const last = bytes[at + 5]!
    const isDigit = (last >= ZERO && last <= NINE) || (last >= A && last <= F)
    return isDigit && (isUpper || !HAVE_SHORT_ESCAPES.has(last)) ? 6 : 0
  }

  #integer(): boolean {
    if (this.bytes[this.#at] === ZERO) {
      this.#at += 1
      return true
    }
    if (this.bytes[this.#at] === MINUS) this.#at += 1
    const digits = this.#digits()
    return digits > 0 && digits <= 18
  }

  /** Passes digits of which the first is not 0, and answers how many there were. */
  #digits(): number {
    const { bytes } = this
    const start = this.#at
    if (bytes[start] === ZERO) return 0
    let at = start
    while (bytes[at]! >= ZERO && bytes[at]! <= NINE) at += 1
    this.#at = at
    return at - start
  }

  #double(): boolean {
    const { bytes } = this
    const start = this.#at
    let at = start
    while (at < this.#end && bytes[at] !== BRACE_CLOSE) at += 1
    const text = bytes.toString('latin1', start, at)
    const number = Number(text)
    this.#at = at
    return Number.isFinite(number) && String(number) === text
  }

  /** A count of at most nine digits; more are rare. */
  #positive(): boolean {
    const digits = this.#digits()
    return digits > 0 && digits <= 9
  }

  /** Nanoseconds of any time from 2001 to 2286, and the quote behind them. */
  #time(): boolean {
    return this.#digits() === 19 && this.#is(QUOTE)
  }

  /** Lower-case hexadecimal digits, not all zero, and the quote behind them. */
  #identifier(digits: number): boolean {
    const { bytes } = this
    const end = this.#at + digits
    let isZero = true
    for (let at = this.#at; at < end; at += 1) {
      const byte = bytes[at]!
      if (!((byte >= ZERO && byte <= NINE) || (byte >= A && byte <= F))) return false
      if (byte !== ZERO) isZero = false
    }
    this.#at = end
    return !isZero && this.#is(QUOTE)
  }

  #scope(): boolean {
    let isFirst = true
    if (this.#literal(SCOPE_ATTRIBUTES)) {
      const before = this.#used
      if (!this.#attributes(1) || this.#used === before) return false
      isFirst = false
    }
    for (const [first, other] of SCOPE_TEXTS) {
      if (!this.#literal(isFirst ? first : other)) continue
      if (!this.#filledText()) return false
      isFirst = false
    }
    return !isFirst && this.#is(BRACE_CLOSE)
  }

  #is(byte: number): boolean {
    if (this.bytes[this.#at] !== byte) return false
    this.#at += 1
    return true
  }

  #literal(expected: Uint8Array): boolean {
    const { bytes } = this
    const start = this.#at
    const { length } = expected
    for (let at = 0; at < length; at += 1) {
      if (bytes[start + at] !== expected[at]) return false
    }
    this.#at = start + length
    return true
  }
}

/** The content of a value that is not taken. */
const NONE = -1

const QUOTE = 0x22
const BACKSLASH = 0x5c
const COMMA = 0x2c
const MINUS = 0x2d
const BRACE_OPEN = 0x7b
const BRACE_CLOSE = 0x7d
const BRACKET_OPEN = 0x5b
const BRACKET_CLOSE = 0x5d
const ZERO = 0x30
const ONE = 0x31
const NINE = 0x39
/** Of small letters. */
const [A, B, D, F, I, K, S, U] = [0x61, 0x62, 0x64, 0x66, 0x69, 0x6b, 0x73, 0x75] as const
const SHORT_ESCAPES: ReadonlySet<number> = new Set(bytesOf('btnfr"\\'))
/** Last digits of the characters below 16 that have a short escape, and of NUL. */
const HAVE_SHORT_ESCAPES: ReadonlySet<number> = new Set(bytesOf('089acd'))

const OPEN_ATTRIBUTES = bytesOf('{"attributes":')
const OPEN_VALUES = bytesOf('{"values":')
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
const BODY = bytesOf(',"body":')
const EVENT_NAME = bytesOf(',"eventName":"')
const FLAGS = bytesOf(',"flags":')
const FORMAT_AND_RESOURCE = bytesOf(',"format":"telltale/1","resource":{"attributes":')
const SCOPE = bytesOf(',"scope":{')
const SCOPE_ATTRIBUTES = bytesOf('"attributes":')
const SCOPE_TEXTS = (['name', 'version'] as const).map(
  (name) => [bytesOf(`"${name}":"`), bytesOf(`,"${name}":"`)] as const,
)
const SEVERITY_NUMBER = bytesOf(',"severityNumber":')
const SEVERITY_TEXT = bytesOf(',"severityText":"')
const SPAN_ID = bytesOf(',"spanId":"')
const TIME = bytesOf(',"timeUnixNano":"')
const TRACE_ID = bytesOf(',"traceId":"')

/** The hash of a key as the tape has it. */
export function hashKey(key: Uint8Array): number {
  let hash = 0
  for (const byte of key) hash = (Math.imul(hash, 31) + byte) | 0
  return hash
}

/** Of ASCII. */
function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0))
}
