import { crc32 } from 'node:zlib'
import type { Annex, DraftRecord, MadeRecord } from '../made-record.ts'

/**
 * The frames of a segment: docs/design/audit.md, section 4.
 *
 * magic (4) | length (4) | CRC-32 (4) | version (1) | flags (1) | sequence (8) | record id (16) | time (8)
 * | event name: length (2), UTF-8 | evidence: length (4), bytes | annex: salt (32), length (4), bytes
 */
export interface Frame extends MadeRecord {
  readonly sequence: number
}

/** Magic, length and CRC, which stand before what the CRC covers. */
export const FRAME_HEAD_BYTES = 12

/** No frame is longer. */
export const MAX_FRAME_BYTES = 4 * 2 ** 20

const MAGIC = Buffer.from('TLA1')
const MAGIC_NUMBER = MAGIC.readUInt32LE(0)
const VERSION = 1
const HAS_ANNEX = 1
const SALT_BYTES = 32
const MAX_EVENT_NAME_BYTES = 0xffff

/** To count the bytes of a text costs about as much as to write them. */
const LONG_TEXT = 16_384
const MAX_UTF8_BYTES = 3

const UUID_LENGTH = 36
const HYPHEN = 0x2d
const ZERO = 0x30
const NINE = 0x39

/** From the version to the length of the event name, and the length of the evidence. */
const FIXED_BYTES = 1 + 1 + 8 + 16 + 8 + 2 + 4

/** Length of a record's frame in bytes. */
export function frameLength({ eventName, evidence, annex }: DraftRecord): number {
  return (
    FRAME_HEAD_BYTES +
    FIXED_BYTES +
    bytesOfName(eventName).length +
    (typeof evidence === 'string' ? Buffer.byteLength(evidence) : evidence.byteLength) +
    (annex ? SALT_BYTES + 4 + annex.bytes.byteLength : 0)
  )
}

/** Bytes that a record's frame takes at the most; for a text of usual length known without looking at it. */
export function frameRoom(record: DraftRecord): number {
  const { eventName, evidence, annex } = record
  if (typeof evidence !== 'string' || evidence.length > LONG_TEXT) return frameLength(record)
  const nameBytes = bytesOfName(eventName).length
  const annexBytes = annex ? SALT_BYTES + 4 + annex.bytes.byteLength : 0
  return FRAME_HEAD_BYTES + FIXED_BYTES + nameBytes + evidence.length * MAX_UTF8_BYTES + annexBytes
}

/** How long ago a record was made, by its own time; 0 when there is none, or the clock has been set back since. */
export function ageSecondsOf(record: DraftRecord | undefined): number {
  if (!record) return 0
  return Math.max(0, Date.now() / 1_000 - Number(record.timeUnixNano) / 1e9)
}

/**
 * Why a record cannot be framed; nothing when it can.
 *
 * @param length - of its frame, or what it has at the most
 */
export function objectionToFrame(
  record: DraftRecord,
  length: number = frameLength(record),
): string | undefined {
  const nameBytes = bytesOfName(record.eventName).length
  if (nameBytes > MAX_EVENT_NAME_BYTES) {
    return `its event name has ${nameBytes} bytes; ${MAX_EVENT_NAME_BYTES} are allowed`
  }
  return length > MAX_FRAME_BYTES
    ? `it has ${length} bytes with its frame; ${MAX_FRAME_BYTES} are allowed`
    : undefined
}

/**
 * Writes a record's frame, which must have room; returns where it ends.
 *
 * The generic writers of a Buffer cost more here than the checksum: this runs for each record of a burst.
 */
export function writeFrame(
  target: Buffer,
  start: number,
  sequence: number,
  record: DraftRecord,
): number {
  const { evidence, annex } = record
  const body = start + FRAME_HEAD_BYTES
  target[body] = VERSION
  target[body + 1] = annex ? HAS_ANNEX : 0
  writeNumber(target, sequence % 2 ** 32, body + 2)
  writeNumber(target, Math.floor(sequence / 2 ** 32), body + 6)
  writeUuid(target, record.recordId, body + 10)
  target.set(bytesOfTime(record.timeUnixNano), body + 26)
  const name = bytesOfName(record.eventName)
  target[body + 34] = name.length
  target[body + 35] = name.length >>> 8
  target.set(name, body + 36)
  const lengthAt = body + 36 + name.length
  let at = lengthAt + 4
  if (typeof evidence === 'string') {
    at += target.write(evidence, at)
  } else {
    target.set(evidence, at)
    at += evidence.byteLength
  }
  writeNumber(target, at - lengthAt - 4, lengthAt)
  if (annex) {
    target.set(annex.salt, at)
    writeNumber(target, annex.bytes.byteLength, at + SALT_BYTES)
    at += SALT_BYTES + 4
    target.set(annex.bytes, at)
    at += annex.bytes.byteLength
  }
  writeNumber(target, MAGIC_NUMBER, start)
  writeNumber(target, at - body, start + 4)
  writeNumber(target, crc32(target.subarray(body, at)), start + 8)
  return at
}

/** The evidence in a frame that was just written, without a copy. */
export function evidenceOfFrame(bytes: Buffer, start: number): Buffer {
  const lengthAt = start + FRAME_HEAD_BYTES + 36 + bytes.readUInt16LE(start + FRAME_HEAD_BYTES + 34)
  return bytes.subarray(lengthAt + 4, lengthAt + 4 + bytes.readUInt32LE(lengthAt))
}

/** Little-endian, 32 bits. */
function writeNumber(target: Buffer, value: number, at: number): void {
  target[at] = value
  target[at + 1] = value >>> 8
  target[at + 2] = value >>> 16
  target[at + 3] = value >>> 24
}

function writeUuid(target: Buffer, uuid: string, start: number): void {
  let at = start
  for (let index = 0; index < UUID_LENGTH; index += 2) {
    // Hyphens stand at 8, 13, 18 and 23: each moves what follows by one.
    if (uuid.charCodeAt(index) === HYPHEN) index += 1
    target[at] = (nibble(uuid.charCodeAt(index)) << 4) | nibble(uuid.charCodeAt(index + 1))
    at += 1
  }
}

/** The value of a hexadecimal digit. */
function nibble(code: number): number {
  return code <= NINE ? code - ZERO : (code & 0x0f) + 9
}

/** The name before, which nearly always is the same one, and its bytes. */
let lastName = ''
let lastNameBytes = Buffer.alloc(0)

function bytesOfName(name: string): Buffer {
  if (name !== lastName) {
    lastNameBytes = Buffer.from(name)
    lastName = name
  }
  return lastNameBytes
}

/** The time before, which in a burst is the same one for many records, and its bytes. */
let lastTime = 0n
const lastTimeBytes = Buffer.alloc(8)

function bytesOfTime(time: bigint): Buffer {
  if (time !== lastTime) {
    lastTimeBytes.writeBigUInt64LE(time)
    lastTime = time
  }
  return lastTimeBytes
}

/** What stands at a place in a segment. */
export type Found =
  | { readonly frame: Frame; readonly end: number }
  /** No frame begins here; one may at `resumeAt`. */
  | { readonly resumeAt: number }
  /** So many bytes from here are needed to tell. */
  | { readonly needs: number }

/**
 * Reads what begins at `start`.
 *
 * Bytes that are no frame are passed over up to the next magic, however long they say they are: a flipped length must
 * not take the frames after it along.
 *
 * @param isEnd - whether the bytes end where the file does, so that no more will come
 */
export function readFrame(bytes: Buffer, start: number, isEnd: boolean): Found {
  const left = bytes.length - start
  if (left < FRAME_HEAD_BYTES) {
    return isEnd ? { resumeAt: nextMagic(bytes, start, isEnd) } : { needs: FRAME_HEAD_BYTES }
  }
  if (bytes.readUInt32LE(start) !== MAGIC_NUMBER) {
    return { resumeAt: nextMagic(bytes, start, isEnd) }
  }
  const length = FRAME_HEAD_BYTES + bytes.readUInt32LE(start + 4)
  const isPossible = length >= FRAME_HEAD_BYTES + FIXED_BYTES && length <= MAX_FRAME_BYTES
  if (isPossible && length > left && !isEnd) return { needs: length }
  const frame = isPossible && length <= left ? parse(bytes, start, length) : undefined
  return frame ? { frame, end: start + length } : { resumeAt: nextMagic(bytes, start, isEnd) }
}

/** Where the next magic may begin after `start`: it may also lie across the end of what has been read. */
function nextMagic(bytes: Buffer, start: number, isEnd: boolean): number {
  const found = bytes.indexOf(MAGIC, start + 1)
  if (found !== -1) return found
  return isEnd ? bytes.length : Math.max(start + 1, bytes.length - (MAGIC.length - 1))
}

function parse(bytes: Buffer, start: number, length: number): Frame | undefined {
  const body = start + FRAME_HEAD_BYTES
  const end = start + length
  if (crc32(bytes.subarray(body, end)) !== bytes.readUInt32LE(start + 8)) return undefined
  if (bytes[body] !== VERSION) return undefined
  const nameEnd = body + 36 + bytes.readUInt16LE(body + 34)
  if (nameEnd + 4 > end) return undefined
  const evidenceEnd = nameEnd + 4 + bytes.readUInt32LE(nameEnd)
  const hasAnnex = (bytes[body + 1]! & HAS_ANNEX) !== 0
  const annex = hasAnnex ? parseAnnex(bytes, evidenceEnd, end) : undefined
  if (hasAnnex ? !annex : evidenceEnd !== end) return undefined
  return {
    sequence: Number(bytes.readBigUInt64LE(body + 2)),
    recordId: toUuid(bytes.toString('hex', body + 10, body + 26)),
    timeUnixNano: bytes.readBigUInt64LE(body + 26),
    eventName: bytes.toString('utf8', body + 36, nameEnd),
    evidence: bytes.subarray(nameEnd + 4, evidenceEnd),
    ...(annex && { annex }),
  }
}

function parseAnnex(bytes: Buffer, start: number, end: number): Annex | undefined {
  const from = start + SALT_BYTES + 4
  if (from > end || from + bytes.readUInt32LE(start + SALT_BYTES) !== end) return undefined
  return { salt: bytes.subarray(start, start + SALT_BYTES), bytes: bytes.subarray(from, end) }
}

function toUuid(hex: string): string {
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}
