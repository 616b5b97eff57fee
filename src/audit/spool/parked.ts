import { hash as hashOf } from 'node:crypto'
import { mkdir, open, readdir, readFile, rename, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { isUuid } from '../../core/ids.ts'
import type { Post } from '../../otlp/post.ts'
import { encodeRequest } from '../delivery/request-body.ts'
import { readAnswer } from '../delivery/receipt.ts'
import { realDisk } from './disk.ts'
import { frameLength, readFrame, writeFrame, type Frame } from './frame.ts'

/** Folder of the spool with the records that the Collector refuses for themselves. */
export const PARKED_NAME = 'parked'

/** A record that was set aside. */
export interface ParkedRecord {
  /** Name of its files in `parked/`: stream and sequence. */
  readonly name: string
  readonly streamId: string
  readonly frame: Frame
  /** SHA-256 of the evidence, hexadecimal. */
  readonly hash: string
  /** What the Collector said. */
  readonly reason: string
  /** RFC 3339. */
  readonly parkedAt: string
}

/** Sets a record aside; it is on the disk when this resolves. Parking the same record again replaces it. */
export async function parkRecord(
  spool: string,
  streamId: string,
  frame: Frame,
  reason: string,
  nowMillis: number,
): Promise<void> {
  const folder = join(spool, PARKED_NAME)
  await mkdir(folder, { mode: 0o700, recursive: true })
  const name = `${streamId}-${frame.sequence}`
  const bytes = Buffer.alloc(frameLength(frame))
  writeFrame(bytes, 0, frame.sequence, frame)
  const about = { reason, parkedAt: new Date(nowMillis).toISOString() }
  // The frame last: a record counts as parked when its frame is there.
  await writeSynced(join(folder, `${name}.json`), Buffer.from(JSON.stringify(about)))
  await writeSynced(join(folder, `${name}.frame`), bytes)
  await realDisk.syncFolder(folder)
}

/** The parked records of a spool, the oldest first. */
export async function listParked(spool: string): Promise<ParkedRecord[]> {
  const folder = join(spool, PARKED_NAME)
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []
    throw error
  })
  const frames = names.filter((name) => name.endsWith('.frame') && isUuid(name.slice(0, 36)))
  const records = await Promise.all(
    frames.map((name) => readParked(folder, name.slice(0, -'.frame'.length))),
  )
  return records.toSorted((a, b) => a.parkedAt.localeCompare(b.parkedAt))
}

/** What became of a parked record that was sent again. */
export interface ResendResult {
  readonly record: ParkedRecord
  /** Why it stays parked; nothing when it was committed and is parked no more. */
  readonly refused?: string
}

/**
 * Sends parked records again, each alone; those that are committed are parked no more.
 *
 * @param only - names of the records; all when not given
 */
export async function resendParked(
  spool: string,
  post: Post,
  options: { readonly timeoutMillis: number; readonly only?: ReadonlySet<string> },
): Promise<ResendResult[]> {
  const results: ResendResult[] = []
  for (const record of await listParked(spool)) {
    if (options.only && !options.only.has(record.name)) continue
    const answer = await post(encodeRequest([record.frame]), options.timeoutMillis)
    const verdict = readAnswer(answer, 1)
    if (verdict.kind === 'committed') {
      await unlink(join(spool, PARKED_NAME, `${record.name}.frame`))
      await unlink(join(spool, PARKED_NAME, `${record.name}.json`))
      results.push({ record })
    } else {
      results.push({ record, refused: verdict.reason })
    }
  }
  return results
}

async function readParked(folder: string, name: string): Promise<ParkedRecord> {
  const bytes = await readFile(join(folder, `${name}.frame`))
  const found = readFrame(bytes, 0, true)
  if (!('frame' in found)) throw new Error(`${join(folder, name)}.frame is damaged: it is no frame`)
  const about = JSON.parse(await readFile(join(folder, `${name}.json`), 'utf8')) as {
    reason: string
    parkedAt: string
  }
  const { frame } = found
  const hash = hashOf('sha256', frame.evidence)
  return { name, streamId: name.slice(0, 36), frame, hash, ...about }
}

/** A file is whole or not there: another process may park the same record at the same time. */
async function writeSynced(path: string, bytes: Buffer): Promise<void> {
  const making = `${path}.${process.pid}.making`
  const file = await open(making, 'w', 0o600)
  try {
    await file.writeFile(bytes)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(making, path)
}
