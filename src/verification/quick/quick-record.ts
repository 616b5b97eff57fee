import { hash } from 'node:crypto'
import { COLUMN_OF, DETAILS_PREFIX, LONGEST_INDEXED_BYTES, UNCUT } from '../columns.ts'
import { TEXT_COLUMNS, type TextColumn } from '../rows.ts'
import type { EncodedRow } from './encoded-row.ts'
import { FIELD, FIRST_ANNEX, FIRST_JSON_FIELD, FIRST_TEXT } from './record-fields.ts'
import { EvidenceTape } from './evidence-tape.ts'
import {
  END,
  ENTRY,
  hashKey,
  KEY_END,
  KEY_HASH,
  KEY_START,
  KIND,
  KIND_OF,
  NEXT,
  START,
} from './value-tape.ts'
import { sameBytes, TapeJsonb } from './tape-jsonb.ts'

/**
 * Finds that a row is in order as far as it alone can tell, from its bytes as they came and in a third of the time.
 *
 * What it accepts, `readEvidence`, `toColumns` and all record checks accept; a row that it does not accept may be in order too, and
 * is for them to judge.
 */
export class QuickRecord {
  /** Number of its stream; 0 when the record is in none. */
  sequence = 0
  readonly #tape = new EvidenceTape()
  readonly #jsonb = new TapeJsonb(this.#tape)
  #annexTape: EvidenceTape | undefined
  /** Entries of the tape by the column that they are for. */
  readonly #slots = new Int32Array(SLOTS)

  /** Answers whether evidence, hash, columns and annex of the row are those of one another. */
  accepts(row: EncodedRow): boolean {
    if (!hasFields(row)) return false
    const tape = this.#tape
    const { source } = row
    const [start, end] = [row.startOf(FIELD.evidence), row.endOf(FIELD.evidence)]
    return (
      tape.readEvidence(source, start, end) &&
      isHashOf(source.subarray(start, end), row, FIELD.hash) &&
      this.#fillSlots() &&
      this.#jsonb.equals(source, ...jsonbOf(row, ATTRIBUTES)) &&
      this.#hasEventName(row) &&
      this.#hasTexts(row) &&
      this.#hasDetails(row) &&
      this.#hasResource(row) &&
      this.#hasRecordId(row) &&
      this.#hasSequence(row) &&
      this.#hasHash(row, FIELD.prev_hash, PREV_HASH) &&
      this.#hasTimes(row) &&
      this.#hasAnnex(row)
    )
  }

  /** Finds the column of each attribute; those that have none are the members of the jsonb that was begun. */
  #fillSlots(): boolean {
    const { tape, bytes, attributesEnd } = this.#tape
    const slots = this.#slots.fill(-1)
    this.#jsonb.begin()
    for (let entry = 0; entry < attributesEnd; entry = tape[entry + NEXT]!) {
      const [keyStart, keyEnd] = [tape[entry + KEY_START]!, tape[entry + KEY_END]!]
      const known = KNOWN_KEYS.get(tape[entry + KEY_HASH]!)
      // The hash is no proof: anybody can make another key with the same one.
      if (known && isText(bytes, keyStart, keyEnd, known.key)) {
        if (slots[known.slot] !== -1) return false
        slots[known.slot] = entry
      } else {
        if (startsWith(bytes, keyStart, keyEnd, FLAT_DETAIL)) return false
        this.#jsonb.add(entry)
      }
    }
    return true
  }

  /** The record's own name; records of the trail about itself say more than their columns do. */
  #hasEventName(row: EncodedRow): boolean {
    const { bytes, eventNameStart: start, eventNameEnd: end } = this.#tape
    return (
      start >= 0 &&
      end - start <= LONGEST_INDEXED_BYTES &&
      !startsWith(bytes, start, end, OF_THE_TRAIL) &&
      this.#isField(row, FIRST_TEXT + EVENT_NAME, start, end)
    )
  }

  #hasTexts(row: EncodedRow): boolean {
    for (const { index, isCut } of PLAIN_COLUMNS) {
      if (!this.#isColumn(row, index, this.#slots[index]!, isCut)) return false
    }
    const { spanIdStart, traceIdStart } = this.#tape
    return (
      isText(row.source, row.startOf(FORMAT), row.endOf(FORMAT), FORMAT_NAME) &&
      this.#isField(row, FIRST_TEXT + SPAN_ID, spanIdStart, spanIdStart + 16) &&
      this.#isField(row, FIRST_TEXT + TRACE_ID, traceIdStart, traceIdStart + 32)
    )
  }

  #hasDetails(row: EncodedRow): boolean {
    const entry = this.#slots[DETAILS]!
    this.#jsonb.begin()
    if (entry !== -1) {
      const { tape } = this.#tape
      if (tape[entry + KIND_OF] !== KIND.map) return false
      this.#jsonb.addAll(entry + ENTRY, tape[entry + NEXT]!)
    }
    return this.#jsonb.equals(row.source, ...jsonbOf(row, DETAILS))
  }

  #hasResource(row: EncodedRow): boolean {
    const { tape, bytes, resourceStart, resourceEnd } = this.#tape
    let [service, tenant] = [-1, this.#slots[TENANT]!]
    const hasTenant = tenant !== -1 && tape[tenant + END]! > tape[tenant + START]!
    this.#jsonb.begin()
    for (let entry = resourceStart; entry < resourceEnd; entry = tape[entry + NEXT]!) {
      const [keyStart, keyEnd] = [tape[entry + KEY_START]!, tape[entry + KEY_END]!]
      this.#jsonb.add(entry)
      if (isText(bytes, keyStart, keyEnd, SERVICE_NAME_KEY)) service = entry
      else if (!hasTenant && isText(bytes, keyStart, keyEnd, TENANT_KEY)) tenant = entry
    }
    return (
      this.#isColumn(row, SERVICE_NAME, service, false) &&
      this.#isColumn(row, TENANT, tenant, true) &&
      this.#jsonb.equals(row.source, ...jsonbOf(row, RESOURCE))
    )
  }

  #hasRecordId(row: EncodedRow): boolean {
    const entry = this.#slots[RECORD_ID]!
    const { tape, bytes } = this.#tape
    if (entry === -1 || tape[entry + KIND_OF] !== KIND.text) return false
    const start = tape[entry + START]!
    if (tape[entry + END]! - start !== UUID_LENGTH) return false
    let [at, field] = [start, row.startOf(FIELD.record_id)]
    for (const length of UUID_GROUPS) {
      if (at > start && bytes[at - 1] !== HYPHEN) return false
      if (!isHex(bytes, at, row.source, field, length)) return false
      at += 2 * length + 1
      field += length
    }
    return true
  }

  #hasSequence(row: EncodedRow): boolean {
    const entry = this.#slots[SEQUENCE]!
    this.sequence = 0
    if (entry === -1) return row.startOf(FIELD.sequence_number) === -1
    if (row.startOf(FIELD.sequence_number) === -1) return false
    const { tape, bytes } = this.#tape
    const [start, end] = [tape[entry + START]!, tape[entry + END]!]
    if (tape[entry + KIND_OF] !== KIND.integer || end - start > SAFE_DIGITS) return false
    this.sequence = bytes[start] === HYPHEN ? -1 : toNumber(bytes, start, end)
    return this.sequence >= 1 && row.count(FIELD.sequence_number) === this.sequence
  }

  #hasHash(row: EncodedRow, field: number, slot: number): boolean {
    const entry = this.#slots[slot]!
    if (entry === -1) return row.startOf(field) === -1
    const { tape, bytes } = this.#tape
    const start = tape[entry + START]!
    return (
      tape[entry + KIND_OF] === KIND.text &&
      tape[entry + END]! - start === 2 * HASH_BYTES &&
      row.startOf(field) !== -1 &&
      row.endOf(field) - row.startOf(field) === HASH_BYTES &&
      isHex(bytes, start, row.source, row.startOf(field), HASH_BYTES)
    )
  }

  #hasTimes(row: EncodedRow): boolean {
    const { bytes, timeStart: start, timeEnd: end } = this.#tape
    const nano = row.startOf(FIELD.occurred_unix_nano)
    if (start < 0 || nano === -1) return false
    const seconds = toNumber(bytes, start, end - 9)
    // Years from 2001 to 2255: what is within 64 bits, and exact below.
    if (seconds > MAX_SECONDS) return false
    const nanos = toNumber(bytes, end - 9, end)
    const low = (seconds % 65_536) * 1e9 + nanos
    const high = Math.floor(seconds / 65_536) * 1e9 + Math.floor(low / 65_536)
    const { source } = row
    return (
      source.readUInt32BE(nano) === Math.floor(high / 65_536) &&
      source.readUInt32BE(nano + 4) === (high % 65_536) * 65_536 + (low % 65_536) &&
      row.count(FIELD.occurred_at) ===
        (seconds - EPOCH_2000_SECONDS) * 1e6 + Math.floor(nanos / 1_000)
    )
  }

  #hasAnnex(row: EncodedRow): boolean {
    if (!this.#hasHash(row, FIELD.annex_hash, ANNEX_HASH)) return false
    const isThere = row.startOf(FIRST_ANNEX) !== -1
    if (this.#slots[ANNEX_HASH] === -1 || !isThere) {
      return this.#slots[ANNEX_HASH] === -1 && !isThere
    }
    const { source } = row
    const [start, end] = [row.startOf(FIRST_ANNEX + 1), row.endOf(FIRST_ANNEX + 1)]
    if (start === -1 || row.startOf(FIRST_ANNEX + 2) === -1) return false
    const salt = source.subarray(row.startOf(FIRST_ANNEX), row.endOf(FIRST_ANNEX))
    const salted = Buffer.concat([salt, source.subarray(start, end)])
    if (!isHashOf(salted, row, FIELD.annex_hash)) return false
    const tape = (this.#annexTape ??= new EvidenceTape())
    if (!tape.readAnnex(source, start, end)) return false
    const jsonb = new TapeJsonb(tape)
    jsonb.begin()
    jsonb.addAll(0, tape.attributesEnd)
    return jsonb.equals(source, row.startOf(FIRST_ANNEX + 2) + 1, row.endOf(FIRST_ANNEX + 2))
  }

  /** Whether a column of text is the scalar value of an entry, in which case an empty text is NULL. */
  #isColumn(row: EncodedRow, index: number, entry: number, isCut: boolean): boolean {
    const field = FIRST_TEXT + index
    if (entry === -1) return row.startOf(field) === -1
    const { tape } = this.#tape
    const kind = tape[entry + KIND_OF]
    if (kind !== KIND.text && kind !== KIND.integer && kind !== KIND.boolean) return false
    const [start, end] = [tape[entry + START]!, tape[entry + END]!]
    if (isCut && end - start > LONGEST_INDEXED_BYTES) return false
    return this.#isField(row, field, start === end ? -1 : start, end)
  }

  /** Whether a field holds these bytes, or NULL when the start is -1. */
  #isField(row: EncodedRow, field: number, start: number, end: number): boolean {
    const at = row.startOf(field)
    if (start === -1 || at === -1) return start === at
    return (
      row.endOf(field) - at === end - start &&
      sameBytes(this.#tape.bytes, start, row.source, at, end - start)
    )
  }
}

const [EVENT_NAME, TENANT, SERVICE_NAME, SPAN_ID, TRACE_ID] = (
  ['event_name', 'tenant_id', 'service_name', 'span_id', 'trace_id'] as const
).map((name) => TEXT_COLUMNS.indexOf(name)) as [number, number, number, number, number]
const [DETAILS, ATTRIBUTES, RESOURCE] = (['details', 'attributes', 'resource'] as const).map(
  (name) => TEXT_COLUMNS.indexOf(name),
) as [number, number, number]
const FORMAT = FIRST_TEXT + TEXT_COLUMNS.indexOf('evidence_format')

/** What has a column, but none of text. */
const RECORD_ID = TEXT_COLUMNS.length
const SEQUENCE = RECORD_ID + 1
const PREV_HASH = RECORD_ID + 2
const ANNEX_HASH = RECORD_ID + 3
const SLOTS = RECORD_ID + 4

const HASH_BYTES = 32
const UUID_LENGTH = 36
/** Bytes of each group of a UUID. */
const UUID_GROUPS = [4, 2, 2, 2, 6] as const
const HYPHEN = 0x2d
/** Digits of a number that is exact whatever it is. */
const SAFE_DIGITS = 15
const MAX_SECONDS = 9e9
const EPOCH_2000_SECONDS = 946_684_800

interface KnownKey {
  readonly key: Uint8Array
  readonly slot: number
}

const SLOT_OF: Readonly<Record<string, number>> = {
  ...Object.fromEntries(
    Object.entries(COLUMN_OF).map(([key, column]) => [key, TEXT_COLUMNS.indexOf(column)]),
  ),
  'audit.details': DETAILS,
  'audit.record.id': RECORD_ID,
  'audit.sequence.number': SEQUENCE,
  'audit.sequence.prev_hash': PREV_HASH,
  'audit.annex.hash': ANNEX_HASH,
}

const KNOWN_KEYS: ReadonlyMap<number, KnownKey> = new Map(
  Object.entries(SLOT_OF).map(([key, slot]) => {
    const bytes = Buffer.from(key)
    return [hashKey(bytes), { key: bytes, slot }]
  }),
)

/** Columns that one attribute alone decides. */
const PLAIN_COLUMNS = [...new Set(Object.values(COLUMN_OF))]
  .filter((name): name is TextColumn => name !== 'event_name' && name !== 'tenant_id')
  .map((name) => ({ index: TEXT_COLUMNS.indexOf(name), isCut: !UNCUT.has(name) }))

const FLAT_DETAIL = Buffer.from(DETAILS_PREFIX)
const OF_THE_TRAIL = Buffer.from('telltale.audit.')
const SERVICE_NAME_KEY = Buffer.from('service.name')
const TENANT_KEY = Buffer.from('tenant_id')
const FORMAT_NAME = Buffer.from('telltale/1')

/** How many bytes a field has that is never NULL and always as long. */
const FIXED_FIELDS = [
  [FIELD.sealer_id, 16],
  [FIELD.seal_number, 8],
  [FIELD.leaf_index, 4],
  [FIELD.record_id, 16],
  [FIELD.hash, HASH_BYTES],
  [FIELD.recorded_at, 8],
  [FIELD.occurred_at, 8],
] as const

/** Whether the fields that a row of the exporter's always has are there. */
function hasFields(row: EncodedRow): boolean {
  for (const [field, length] of FIXED_FIELDS) {
    const start = row.startOf(field)
    if (start === -1 || row.endOf(field) - start !== length) return false
  }
  return (
    row.startOf(FIELD.evidence) !== -1 &&
    row.startOf(FORMAT) !== -1 &&
    row.startOf(FIRST_JSON_FIELD) !== -1 &&
    row.startOf(FIRST_JSON_FIELD + 1) !== -1 &&
    row.startOf(FIRST_JSON_FIELD + 2) !== -1
  )
}

/** jsonb travels as one byte of version, then its text. */
function jsonbOf(row: EncodedRow, index: number): [start: number, end: number] {
  return [row.startOf(FIRST_TEXT + index) + 1, row.endOf(FIRST_TEXT + index)]
}

function isHashOf(bytes: Uint8Array, row: EncodedRow, field: number): boolean {
  const stored = row.source.toString('hex', row.startOf(field), row.endOf(field))
  return hash('sha256', bytes, 'hex') === stored
}

/** Whether lower-case hexadecimal digits are these bytes. */
function isHex(
  digits: Uint8Array,
  at: number,
  bytes: Uint8Array,
  from: number,
  length: number,
): boolean {
  for (let index = 0; index < length; index += 1) {
    const byte = bytes[from + index]!
    if (digits[at + 2 * index] !== HEX_DIGITS[byte >> 4]) return false
    if (digits[at + 2 * index + 1] !== HEX_DIGITS[byte & 15]) return false
  }
  return true
}

const HEX_DIGITS = Buffer.from('0123456789abcdef')

function isText(bytes: Uint8Array, start: number, end: number, text: Uint8Array): boolean {
  return end - start === text.length && sameBytes(bytes, start, text, 0, text.length)
}

function startsWith(bytes: Uint8Array, start: number, end: number, prefix: Uint8Array): boolean {
  return end - start >= prefix.length && sameBytes(bytes, start, prefix, 0, prefix.length)
}

/** Of decimal digits. */
function toNumber(bytes: Uint8Array, start: number, end: number): number {
  let number = 0
  for (let at = start; at < end; at += 1) number = number * 10 + (bytes[at]! - 0x30)
  return number
}
