import { crc32 } from 'node:zlib'
import type { Annex, MadeRecord } from '../made-record.ts'

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

/** From the version to the length of the event name, and the length of the evidence. */
const FIXED_BYTES = 1 + 1 + 8 + 16 + 8 + 2 + 4

/** Length of a record's frame in bytes. */
export function frameLength(record: MadeRecord): number {
  return (
    FRAME_HEAD_BYTES +
    FIXED_BYTES +
    Buffer.byteLength(record.eventName) +
    record.evidence.byteLength +
    (record.annex ? SALT_BYTES + 4 + record.annex.bytes.byteLength : 0)
  )
}

/** How long ago a record was made, by its own time; 0 when there is none, or the clock has been set back since. */
export function ageSecondsOf(record: MadeRecord | undefined): number {
  if (!record) return 0
  return Math.max(0, Date.now() / 1_000 - Number(record.timeUnixNano) / 1e9)
}

/** Why a record cannot be framed; nothing when it can. */
export function objectionToFrame(record: MadeRecord): string | undefined {
  const nameBytes = Buffer.byteLength(record.eventName)
  if (nameBytes > MAX_EVENT_NAME_BYTES) {
    return `its event name has ${nameBytes} bytes; ${MAX_EVENT_NAME_BYTES} are allowed`
  }
  const length = frameLength(record)
  return length > MAX_FRAME_BYTES
    ? `it has ${length} bytes with its frame; ${MAX_FRAME_BYTES} are allowed`
    : undefined
}

/** Writes a record's frame, which must have room; returns where it ends. */
export function writeFrame(
  target: Buffer,
  start: number,
  sequence: number,
  record: MadeRecord,
): number {
  const { evidence, annex } = record
  const body = start + FRAME_HEAD_BYTES
  target[body] = VERSION
  target[body + 1] = annex ? HAS_ANNEX : 0
  target.writeBigUInt64LE(BigInt(sequence), body + 2)
  target.write(record.recordId.replaceAll('-', ''), body + 10, 'hex')
  target.writeBigUInt64LE(record.timeUnixNano, body + 26)
  const nameBytes = target.write(record.eventName, body + 36)
  target.writeUInt16LE(nameBytes, body + 34)
  let at = target.writeUInt32LE(evidence.byteLength, body + 36 + nameBytes)
  target.set(evidence, at)
  at += evidence.byteLength
  if (annex) {
    target.set(annex.salt, at)
    at = target.writeUInt32LE(annex.bytes.byteLength, at + SALT_BYTES)
    target.set(annex.bytes, at)
    at += annex.bytes.byteLength
  }
  target.writeUInt32LE(MAGIC_NUMBER, start)
  target.writeUInt32LE(at - body, start + 4)
  target.writeUInt32LE(crc32(target.subarray(body, at)), start + 8)
  return at
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
