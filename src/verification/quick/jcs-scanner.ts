import { isUtf8 } from 'node:buffer'

/**
 * Reads the parts of canonical JSON (RFC 8785) where they stand, byte by byte and without an object or a text for any.
 *
 * Each method answers whether what it is for begins at this place, and passes it if so. What is rare (more than 18 digits, NUL) it
 * does not take, though it be right.
 */
export class JcsScanner {
  bytes: Buffer = Buffer.alloc(0)
  protected at = 0
  protected end = 0
  /** Whether the text that was read last has escapes. */
  protected isEscaped = false
  /** All bytes of texts, or-ed. */
  #seen = 0

  protected scan(bytes: Buffer, start: number, end: number): void {
    this.bytes = bytes
    this.at = start
    this.end = end
    this.#seen = 0
  }

  /** Whether it ends just where the bytes do, and they are UTF-8. */
  protected isWhole(start: number): boolean {
    return (
      this.at === this.end && (this.#seen < 0x80 || isUtf8(this.bytes.subarray(start, this.end)))
    )
  }

  protected is(byte: number): boolean {
    if (this.bytes[this.at] !== byte) return false
    this.at += 1
    return true
  }

  protected literal(expected: Uint8Array): boolean {
    const { bytes } = this
    const start = this.at
    const { length } = expected
    for (let at = 0; at < length; at += 1) {
      if (bytes[start + at] !== expected[at]) return false
    }
    this.at = start + length
    return true
  }

  /** The rest of a text, with the quote behind it, in the escapes that JCS uses. */
  protected text(): boolean {
    const { bytes } = this
    const end = this.end
    let at = this.at
    let seen = 0
    this.isEscaped = false
    for (; at < end; at += 1) {
      const byte = bytes[at]!
      seen |= byte
      if (byte === QUOTE) break
      if (byte < 0x20) return false
      if (byte !== BACKSLASH) continue
      this.isEscaped = true
      const length = this.#escapeLength(at)
      if (length === 0) return false
      at += length - 1
    }
    this.#seen |= seen
    this.at = at + 1
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

  protected filledText(): boolean {
    const start = this.at
    return this.text() && this.at > start + 1
  }

  protected integer(): boolean {
    if (this.bytes[this.at] === ZERO) {
      this.at += 1
      return true
    }
    if (this.bytes[this.at] === MINUS) this.at += 1
    const digits = this.digits()
    return digits > 0 && digits <= 18
  }

  /** Passes digits of which the first is not 0, and answers how many there were. */
  protected digits(): number {
    const { bytes } = this
    const start = this.at
    if (bytes[start] === ZERO) return 0
    let at = start
    while (bytes[at]! >= ZERO && bytes[at]! <= NINE) at += 1
    this.at = at
    return at - start
  }

  protected double(): boolean {
    const { bytes } = this
    const start = this.at
    let at = start
    while (at < this.end && bytes[at] !== BRACE_CLOSE) at += 1
    const text = bytes.toString('latin1', start, at)
    const number = Number(text)
    this.at = at
    return Number.isFinite(number) && String(number) === text
  }

  /** A count of at most nine digits; more are rare. */
  protected positive(): boolean {
    const digits = this.digits()
    return digits > 0 && digits <= 9
  }
}

/** Of ASCII. */
export function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0))
}

export const QUOTE = 0x22
export const BACKSLASH = 0x5c
const MINUS = 0x2d
export const BRACE_CLOSE = 0x7d
export const ZERO = 0x30
const ONE = 0x31
export const NINE = 0x39
/** Of small letters. */
export const [A, F] = [0x61, 0x66] as const
const U = 0x75
const SHORT_ESCAPES: ReadonlySet<number> = new Set(bytesOf('btnfr"\\'))
/** Last digits of the characters below 16 that have a short escape, and of NUL. */
const HAVE_SHORT_ESCAPES: ReadonlySet<number> = new Set(bytesOf('089acd'))
