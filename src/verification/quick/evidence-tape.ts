import { A, BRACE_CLOSE, bytesOf, F, NINE, QUOTE, ZERO } from './jcs-scanner.ts'
import { KIND, KIND_OF, ValueTape } from './value-tape.ts'

/**
 * Reads evidence as it stands, in one walk over its bytes that makes no object and no text: a tape says where each attribute is.
 *
 * It takes a part of what is evidence, the part that nearly every record is in: no text that is no UTF-8, no escaped key, no key
 * twice, no integer of more than 18 digits, no bytes. All that it takes is evidence by the rules of `readEvidence`; what it does not
 * take may still be.
 */
export class EvidenceTape extends ValueTape {
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

  /** Answers whether the bytes from `start` to `end` are evidence that it can read. */
  readEvidence(bytes: Buffer, start: number, end: number): boolean {
    this.begin(bytes, start, end)
    this.eventNameStart = this.timeStart = this.spanIdStart = this.traceIdStart = -1
    if (!this.literal(OPEN_ATTRIBUTES) || !this.attributes(1)) return false
    this.attributesEnd = this.used
    if (this.literal(BODY) && !(this.value(this.entry(), 1) && this.#isFull())) return false
    if (this.literal(EVENT_NAME)) {
      this.eventNameStart = this.at
      if (!this.filledText() || this.isEscaped) return false
      this.eventNameEnd = this.at - 1
    }
    if (this.literal(FLAGS) && !this.positive()) return false
    if (!this.literal(FORMAT_AND_RESOURCE)) return false
    this.resourceStart = this.used
    if (!this.attributes(1) || !this.is(BRACE_CLOSE)) return false
    this.resourceEnd = this.used
    if (this.literal(SCOPE) && !this.#scope()) return false
    if (this.literal(SEVERITY_NUMBER) && !this.positive()) return false
    if (this.literal(SEVERITY_TEXT) && !this.filledText()) return false
    if (this.literal(SPAN_ID)) {
      this.spanIdStart = this.at
      if (!this.#identifier(16)) return false
    }
    if (this.literal(TIME)) {
      this.timeStart = this.at
      if (!this.#time()) return false
      this.timeEnd = this.at - 1
    }
    if (this.literal(TRACE_ID)) {
      this.traceIdStart = this.at
      if (!this.#identifier(32)) return false
    }
    return this.is(BRACE_CLOSE) && this.isWhole(start)
  }

  /** Answers whether the bytes are an annex that it can read; its attributes are the whole tape then. */
  readAnnex(bytes: Buffer, start: number, end: number): boolean {
    this.begin(bytes, start, end)
    if (!this.literal(OPEN_VALUES) || !this.attributes(1) || !this.is(BRACE_CLOSE)) return false
    this.attributesEnd = this.used
    return this.isWhole(start)
  }

  /** Whether the value that was read last is none that must be left out. */
  #isFull(): boolean {
    return this.tape[this.attributesEnd + KIND_OF] !== KIND.empty
  }

  /** Nanoseconds of any time from 2001 to 2286, and the quote behind them. */
  #time(): boolean {
    return this.digits() === 19 && this.is(QUOTE)
  }

  /** Lower-case hexadecimal digits, not all zero, and the quote behind them. */
  #identifier(digits: number): boolean {
    const { bytes } = this
    const end = this.at + digits
    let isZero = true
    for (let at = this.at; at < end; at += 1) {
      const byte = bytes[at]!
      if (!((byte >= ZERO && byte <= NINE) || (byte >= A && byte <= F))) return false
      if (byte !== ZERO) isZero = false
    }
    this.at = end
    return !isZero && this.is(QUOTE)
  }

  #scope(): boolean {
    let isFirst = true
    if (this.literal(SCOPE_ATTRIBUTES)) {
      const before = this.used
      if (!this.attributes(1) || this.used === before) return false
      isFirst = false
    }
    for (const [first, other] of SCOPE_TEXTS) {
      if (!this.literal(isFirst ? first : other)) continue
      if (!this.filledText()) return false
      isFirst = false
    }
    return !isFirst && this.is(BRACE_CLOSE)
  }
}

const OPEN_ATTRIBUTES = bytesOf('{"attributes":')
const OPEN_VALUES = bytesOf('{"values":')
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
