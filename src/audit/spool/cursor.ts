import { constants, open, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import type { Position } from './segment-writer.ts'

/** How far the delivery of a lane has come. Everything before it has its receipt, or is parked. */
export interface Cursor extends Position {
  /** Bytes passed over so far because they were no frame. */
  readonly skippedBytes: number
  /** Sequence of the last record before the cursor. */
  readonly lastSequence: number
  /** Whether that record was the stream's announced end. */
  readonly ended: boolean
}

/** Before anything was delivered. */
export const START: Cursor = {
  segment: 1,
  offset: 0,
  skippedBytes: 0,
  lastSequence: 0,
  ended: false,
}

const MAGIC = 'TLC1'
const BYTES = 41

/** The file of a cursor: magic, CRC-32 of the rest, segment, offset, skipped bytes, last sequence (u64), ended (u8). */
export function encodeCursor(cursor: Cursor): Buffer {
  const bytes = Buffer.alloc(BYTES)
  bytes.write(MAGIC)
  const numbers = [cursor.segment, cursor.offset, cursor.skippedBytes, cursor.lastSequence]
  numbers.forEach((number, index) => bytes.writeBigUInt64LE(BigInt(number), 8 + 8 * index))
  bytes[40] = cursor.ended ? 1 : 0
  bytes.writeUInt32LE(crc32(bytes.subarray(8)), 4)
  return bytes
}

/** Nothing when the bytes are no whole cursor: delivery then begins anew, and repeats at worst. */
export function decodeCursor(bytes: Buffer): Cursor | undefined {
  if (bytes.length !== BYTES || bytes.toString('latin1', 0, 4) !== MAGIC) return undefined
  if (bytes.readUInt32LE(4) !== crc32(bytes.subarray(8))) return undefined
  const [segment = 1, offset = 0, skippedBytes = 0, lastSequence = 0] = [8, 16, 24, 32].map((at) =>
    Number(bytes.readBigUInt64LE(at)),
  )
  return { segment, offset, skippedBytes, lastSequence, ended: bytes[40] === 1 }
}

/** Reads a lane's cursor. */
export async function readCursor(lane: string): Promise<Cursor> {
  try {
    return decodeCursor(await readFile(join(lane, 'cursor'))) ?? START
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return START
    throw error
  }
}

/**
 * Writes a lane's cursor. Not synced: an older one repeats a delivery, which is harmless; written in place, because a
 * torn one is known by its CRC.
 */
export async function writeCursor(lane: string, cursor: Cursor): Promise<void> {
  // A symbolic link in its place may lead to any file of this user.
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_NOFOLLOW
  const file = await open(join(lane, 'cursor'), flags, 0o600)
  try {
    await file.write(encodeCursor(cursor), 0, BYTES, 0)
  } finally {
    await file.close()
  }
}
