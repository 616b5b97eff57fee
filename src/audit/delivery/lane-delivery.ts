import { stat, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { readTrailEnd } from '../trail-end.ts'
import { readCursor, writeCursor, type Cursor } from '../spool/cursor.ts'
import type { Frame } from '../spool/frame.ts'
import { LaneReader, type ReadBatch } from '../spool/lane-reader.ts'
import { listSegments, segmentName } from '../spool/segment-name.ts'
import type { Position } from '../spool/segment-writer.ts'
import { requestLength } from './request-body.ts'
import type { Sender } from './sender.ts'

export interface LaneDeliveryOptions {
  readonly lane: string
  readonly streamId: string
  readonly sender: Sender
  /** Up to where the lane may be read; nothing for the lane of a dead owner, which is read to its end. */
  readonly limit: () => Position | undefined
  readonly onSkipped: (bytes: number) => void
  /** Everything up to here has its receipt, or is parked. */
  readonly onAdvanced?: (cursor: Cursor) => void
  readonly onRemoved: (bytes: number) => void
  /** Whether somebody waits for a receipt; records that nobody waits for gather for a moment. Default always. */
  readonly isUrgent?: () => boolean
}

/** What a request may hold. */
const LIMITS = { maxRecords: 512, maxBytes: 4 * 2 ** 20, sizeOf: requestLength }

/** Requests of one lane that are on their way at a time; with {@link LIMITS} this bounds the memory. */
const MAX_IN_FLIGHT = 4

/**
 * How long records gather in a lane that is being written, in milliseconds: a request of ten costs nearly as much as one of a
 * hundred. The first after a pause does not wait.
 */
const GATHER_MILLIS = 20

/** Bytes of records that do not wait for more. */
const GATHERED_BYTES = 512 * 1_024

interface Batch {
  readonly read: ReadBatch
  isDone: boolean
}

/**
 * Delivers what is in one lane, in the order of its records, several requests at a time.
 *
 * The cursor moves only over batches of which everything before has its receipt; segments that lie wholly behind it are
 * removed.
 */
export class LaneDelivery {
  readonly #options: LaneDeliveryOptions
  readonly #reader: LaneReader
  #cursor: Cursor
  #batches: Batch[] = []
  #writing: Promise<void> | undefined
  /** Lowest segment that may still be there. */
  #firstSegment: number
  #wake: (() => void) | undefined
  /** When something was read the last time. */
  #readAt = -Infinity
  #failure: { readonly error: unknown } | undefined

  private constructor(options: LaneDeliveryOptions, cursor: Cursor) {
    this.#options = options
    this.#cursor = cursor
    this.#firstSegment = cursor.segment
    this.#reader = new LaneReader(options.lane, cursor, options.limit)
  }

  /** Begins where the lane's cursor says. */
  static async begin(options: LaneDeliveryOptions): Promise<LaneDelivery> {
    return new LaneDelivery(options, await readCursor(options.lane))
  }

  get cursor(): Cursor {
    return this.#cursor
  }

  /** The oldest record that is on its way. */
  get oldest(): Frame | undefined {
    return this.#batches[0]?.read.frames[0]
  }

  /**
   * Delivers until there is nothing left for now.
   *
   * @throws what the disk says when the lane cannot be read; what is on its way goes on
   */
  async deliverAll(isStopped: () => boolean): Promise<void> {
    for (;;) {
      this.#throwFailure()
      await this.#gather(isStopped)
      const read = isStopped() ? undefined : await this.#reader.next(LIMITS)
      if (read) {
        this.#readAt = performance.now()
        void this.#deliver(read)
      } else if (this.#batches.length === 0) break
      else await this.#nextDone()
      // Woken because there is more to read, it still has to wait for room.
      while (this.#batches.length >= MAX_IN_FLIGHT) await this.#nextDone()
    }
    this.#leaveSegment()
    await this.#writing
    this.#throwFailure()
  }

  /** There is more to read. */
  wake(): void {
    this.#wake?.()
  }

  close(): Promise<void> {
    return this.#reader.close()
  }

  /** Waits until there is more to send, unless there is no need to. */
  async #gather(isStopped: () => boolean): Promise<void> {
    const left = this.#readAt + GATHER_MILLIS - performance.now()
    if (left <= 0 || !this.#mayGather()) return
    const pause = { isOver: false }
    const timer = setTimeout(() => {
      pause.isOver = true
      this.wake()
    }, left).unref()
    while (!pause.isOver && !isStopped() && this.#mayGather()) await this.#nextDone()
    clearTimeout(timer)
  }

  /** Whether what is there may wait for more. */
  #mayGather(): boolean {
    const { limit, isUrgent } = this.#options
    const end = limit()
    if (!end || !isUrgent || isUrgent()) return false
    const { segment, offset } = this.#reader.position
    const bytes = end.offset - offset
    return end.segment === segment && bytes > 0 && bytes < GATHERED_BYTES
  }

  async #deliver(read: ReadBatch): Promise<void> {
    const { sender, streamId, onSkipped } = this.#options
    const batch: Batch = { read, isDone: false }
    this.#batches.push(batch)
    if (read.skippedBytes > 0) onSkipped(read.skippedBytes)
    if (read.frames.length > 0) {
      await sender.deliver(read.frames.map((frame) => ({ streamId, frame })))
    }
    batch.isDone = true
    this.#advance()
    this.#wake?.()
  }

  #advance(): void {
    const before = this.#cursor
    while (this.#batches[0]?.isDone) {
      const { frames, end, skippedBytes } = this.#batches.shift()!.read
      const last = frames.at(-1)
      this.#cursor = {
        ...end,
        skippedBytes: this.#cursor.skippedBytes + skippedBytes,
        lastSequence: last?.sequence ?? this.#cursor.lastSequence,
        ended: last ? readTrailEnd(last)?.clean === true : this.#cursor.ended,
      }
    }
    if (this.#cursor === before) return
    this.#options.onAdvanced?.(this.#cursor)
    this.#writing ??= this.#persist()
  }

  /** A segment of which everything is delivered goes as soon as another one has begun, even an empty one. */
  #leaveSegment(): void {
    const { position } = this.#reader
    if (position.segment === this.#cursor.segment) return
    this.#cursor = { ...this.#cursor, ...position }
    this.#writing ??= this.#persist()
  }

  /** Writes the cursor, and the newest again if it has moved meanwhile. */
  async #persist(): Promise<void> {
    try {
      for (let written: Cursor | undefined; written !== this.#cursor;) {
        written = this.#cursor
        await writeCursor(this.#options.lane, written).catch(ignoreFullDisk)
        await this.#removeSegmentsBefore(written.segment)
      }
    } catch (error) {
      this.#failure = { error }
      this.#wake?.()
    } finally {
      this.#writing = undefined
    }
  }

  async #removeSegmentsBefore(segment: number): Promise<void> {
    if (this.#firstSegment >= segment) return
    const { lane, onRemoved } = this.#options
    for (const number of await listSegments(lane)) {
      if (number >= segment) break
      const path = join(lane, segmentName(number))
      const { size } = await stat(path)
      await unlink(path)
      onRemoved(size)
    }
    this.#firstSegment = segment
  }

  /** A cursor that could not be written is said once, and written with the next one. */
  #throwFailure(): void {
    const failure = this.#failure
    this.#failure = undefined
    if (failure) throw failure.error
  }

  #nextDone(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = () => {
        this.#wake = undefined
        resolve()
      }
    })
  }
}

/** On a full disk the cursor stays behind; removing delivered segments is what makes room again. */
function ignoreFullDisk(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOSPC' && error.code !== 'EDQUOT') throw error
}
