import { open, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { readFrame, type Frame } from './frame.ts'
import { listSegments, segmentName } from './segment-name.ts'
import type { Position } from './segment-writer.ts'

/** Records that stand one after the other in a lane. */
export interface ReadBatch {
  readonly frames: readonly Frame[]
  /** Where the next batch begins. */
  readonly end: Position
  /** Bytes in between that were no frame. */
  readonly skippedBytes: number
}

/** How much one batch may hold. */
export interface BatchLimits {
  readonly maxRecords: number
  readonly maxBytes: number
  /** Bytes that a record counts for. */
  readonly sizeOf: (frame: Frame) => number
}

interface OpenBatch {
  readonly frames: Frame[]
  bytes: number
  skippedBytes: number
}

const CHUNK_BYTES = 512 * 1_024

/**
 * Reads the records of a lane in their order; changes nothing in it.
 *
 * @see docs/design/audit.md, section 4, for what is done with bytes that are no frame
 */
export class LaneReader {
  readonly #lane: string
  readonly #limit: () => Position | undefined
  #segment: number
  #file: FileHandle | undefined
  #isClosed = false
  /** What was read of the segment; `#at` in it is the next to look at. */
  #chunk: Buffer = Buffer.alloc(0)
  #at = 0
  /** Where the chunk begins in the segment. */
  #base: number

  /** @param limit - up to where to read; nothing for the lane of a dead owner, which is read to its end */
  constructor(lane: string, start: Position, limit: () => Position | undefined) {
    this.#lane = lane
    this.#limit = limit
    this.#segment = start.segment
    this.#base = start.offset
  }

  /** Where the next batch begins. */
  get position(): Position {
    return { segment: this.#segment, offset: this.#base + this.#at }
  }

  /** The next records; nothing when there are no more for now. */
  async next(limits: BatchLimits): Promise<ReadBatch | undefined> {
    const start = this.position
    try {
      return await this.#read(limits)
    } catch (error) {
      // What was taken for this batch is not given out: it is read again.
      await this.#closeFile().catch(() => undefined)
      this.#goTo(start)
      throw error
    }
  }

  async #read(limits: BatchLimits): Promise<ReadBatch | undefined> {
    const batch: OpenBatch = { frames: [], bytes: 0, skippedBytes: 0 }
    const hasSomething = (): boolean => batch.frames.length > 0 || batch.skippedBytes > 0
    for (;;) {
      const end = await this.#openSegment()
      if (end === undefined) break
      const needs = this.#take(batch, limits, end)
      if (needs === 'full') break
      if (needs !== 'end') await this.#readMore(needs, end)
      else if (hasSomething() || !(await this.#toNextSegment())) break
    }
    if (!hasSomething()) return undefined
    const { frames, skippedBytes } = batch
    return { frames, skippedBytes, end: this.position }
  }

  /** Takes what has been read; answers why it stopped, or how many bytes it needs to go on. */
  #take(batch: OpenBatch, limits: BatchLimits, end: number): 'full' | 'end' | number {
    const isEnd = this.#base + this.#chunk.length >= end
    while (this.#base + this.#at < end) {
      if (batch.frames.length >= limits.maxRecords) return 'full'
      const found = readFrame(this.#chunk, this.#at, isEnd)
      if ('needs' in found) return found.needs
      if ('frame' in found) {
        const size = limits.sizeOf(found.frame)
        if (batch.frames.length > 0 && batch.bytes + size > limits.maxBytes) return 'full'
        batch.frames.push(found.frame)
        batch.bytes += size
        this.#at = found.end
      } else {
        batch.skippedBytes += found.resumeAt - this.#at
        this.#at = found.resumeAt
      }
    }
    return 'end'
  }

  /** Ends the reading, also one that is going on: nothing more is found then. */
  async close(): Promise<void> {
    this.#isClosed = true
    await this.#closeFile()
  }

  async #closeFile(): Promise<void> {
    const file = this.#file
    this.#file = undefined
    await file?.close()
  }

  /** Opens the segment that is read; answers up to where it may be read, nothing when it is not there. */
  async #openSegment(): Promise<number | undefined> {
    const limit = this.#limit()
    if (this.#isClosed || (limit && this.#segment > limit.segment)) return undefined
    if (!this.#file) {
      try {
        this.#file = await open(join(this.#lane, segmentName(this.#segment)), 'r')
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
        return (await this.#toNextSegment()) ? this.#openSegment() : undefined
      }
    }
    if (this.#isClosed) {
      await this.#closeFile()
      return undefined
    }
    if (limit?.segment === this.#segment) return limit.offset
    const { size } = await this.#file.stat()
    return size
  }

  /** Goes on to the segment that follows, if there is one to be read. */
  async #toNextSegment(): Promise<boolean> {
    const limit = this.#limit()
    // The end of a lane that is being written, which is come to again and again.
    if (limit && limit.segment <= this.#segment) return false
    const numbers = await listSegments(this.#lane)
    const next = numbers.find((number) => number > this.#segment)
    if (next === undefined || (limit && next > limit.segment)) return false
    await this.#closeFile()
    this.#goTo({ segment: next, offset: 0 })
    return true
  }

  #goTo({ segment, offset }: Position): void {
    this.#segment = segment
    this.#base = offset
    this.#chunk = Buffer.alloc(0)
    this.#at = 0
  }

  /** Reads on; into a new chunk, because records of the old one may still be on their way. */
  async #readMore(needs: number, end: number): Promise<void> {
    const from = this.#base + this.#at
    const kept = this.#chunk.subarray(this.#at)
    const length = Math.min(Math.max(needs, CHUNK_BYTES), end - from)
    const chunk = Buffer.allocUnsafeSlow(length)
    kept.copy(chunk)
    let filled = kept.length
    while (filled < length) {
      const { bytesRead } = await this.#file!.read(chunk, filled, length - filled, from + filled)
      // Shorter than it said: as if the file ended here.
      if (bytesRead === 0) break
      filled += bytesRead
    }
    this.#base = from
    this.#at = 0
    this.#chunk = filled < length ? chunk.fill(0, filled) : chunk
  }
}
