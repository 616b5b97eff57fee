import { join } from 'node:path'
import { setTimeout } from 'node:timers'
import type { Disk } from './disk.ts'
import { segmentName } from './segment-name.ts'

/** Told once what became of bytes that were added. */
export interface Entry {
  /** They are on the disk. */
  synced(): void
  failed(failure: WriteFailure): void
}

/** Why added bytes are not on the disk. */
export interface WriteFailure {
  readonly cause: unknown
  /** Whether they may be there all the same: the disk did not say. */
  readonly inDoubt: boolean
}

/** A place in a lane. */
export interface Position {
  readonly segment: number
  readonly offset: number
}

export interface SegmentWriterOptions<Mark> {
  readonly lane: string
  readonly disk: Disk
  /** Size from which on a segment is full. */
  readonly segmentBytes: number
  /** Folders whose new names are synced with the first group. */
  readonly newFolders: readonly string[]
  /** The state of what is written, before bytes are added, and back to it when they could not be written. */
  readonly mark: () => Mark
  readonly rewind: (mark: Mark) => void
  /** Bytes up to here are on the disk. */
  readonly onSynced: (position: Position) => void
  /** What is on the disk cannot be told any more; nothing is written by this writer from now on. */
  readonly onLost: (cause: unknown) => void
}

/** Bytes that go to the disk together. */
interface Extent<Mark> {
  bytes: Buffer
  length: number
  readonly entries: Entry[]
  readonly mark: Mark
  /** Where it stands in its segment; -1 until it is written. */
  start: number
}

/**
 * A group that follows one of several records begins no sooner than this after it began: those who come together share a
 * sync more often, and a busy service pays for half as many. A record that comes alone never waits.
 *
 * @see https://www.postgresql.org/docs/current/runtime-config-wal.html for commit_delay and commit_siblings
 */
const GROUP_MILLIS = 2
const SIBLINGS = 5

const BUFFER_BYTES = 256 * 1_024
/** A larger buffer is given back after use. */
const KEPT_BUFFER_BYTES = 4 * 2 ** 20

/**
 * Writes frames to the segments of one lane: many share one write and one fdatasync, and the next group starts when the
 * last one has ended, and not at once where many come together.
 *
 * What fails to be written is cut off again, so that a file never has a hole; after a failed fdatasync nothing is
 * known about the file any more, and the writer gives up.
 *
 * @see https://wiki.postgresql.org/wiki/Fsync_Errors for why a second fdatasync proves nothing
 */
export class SegmentWriter<Mark> {
  readonly #options: SegmentWriterOptions<Mark>
  #fd: number
  #segment = 1
  /** Where the next bytes of the segment go. */
  #end = 0
  #pending: Extent<Mark> | undefined
  /** In the file or on the way there, not synced. */
  #open: Extent<Mark>[] = []
  #spare: Buffer | undefined
  #committing: Promise<void> | undefined
  #foldersToSync: string[]
  /** The segment is ended before it is full: on a full disk it has to go before another record finds room. */
  #isSpent = false
  #closed = false

  /** @throws what the disk says when the first segment cannot be created */
  constructor(options: SegmentWriterOptions<Mark>) {
    this.#options = options
    this.#fd = options.disk.create(join(options.lane, segmentName(1)))
    this.#foldersToSync = [...options.newFolders, options.lane]
  }

  /** Bytes that wait in memory. */
  get pendingBytes(): number {
    return this.#pending?.length ?? 0
  }

  get position(): Position {
    return { segment: this.#segment, offset: this.#end }
  }

  /** Room for `length` bytes: they are to be written at `at` of `bytes`, and then added. */
  reserve(length: number): { readonly bytes: Buffer; readonly at: number } {
    const extent = (this.#pending ??= this.#newExtent())
    if (extent.length + length > extent.bytes.length) {
      const larger = Buffer.allocUnsafeSlow(
        Math.max(extent.bytes.length * 2, extent.length + length),
      )
      extent.bytes.copy(larger, 0, 0, extent.length)
      extent.bytes = larger
    }
    return { bytes: extent.bytes, at: extent.length }
  }

  /** Adds the bytes for which room was reserved to the next group. */
  add(length: number, entry: Entry): void {
    this.#pending!.length += length
    this.#pending!.entries.push(entry)
    // Not at once: what is added in the same turn goes along.
    this.#committing ??= Promise.resolve().then(() => this.#commitAll())
  }

  /** Writes what waits in memory before it returns; it is synced with the next group. */
  writeNow(): void {
    const extent = this.#takePending()
    if (!extent) return
    try {
      this.#options.disk.writeSync(this.#fd, extent.bytes, extent.length, extent.start)
      this.#giveBack(extent)
    } catch (error) {
      this.#undoFrom(extent, error)
    }
  }

  /** Resolves when nothing waits any more. */
  async idle(): Promise<void> {
    while (this.#committing) await this.#committing
  }

  /** Writes and syncs everything while the thread stands still, for the end of the process. */
  settleNow(): void {
    const { disk } = this.#options
    if (this.#closed) return
    // A group on its way may not arrive any more; the same bytes at the same place do no harm.
    for (const { bytes, length, start } of this.#open) {
      if (bytes.length > 0) disk.writeSync(this.#fd, bytes, length, start)
    }
    this.writeNow()
    disk.syncSync(this.#fd)
    for (const folder of this.#foldersToSync) disk.syncFolderSync(folder)
  }

  /** Closes the file; nothing may be added afterwards. */
  close(): void {
    if (!this.#closed) this.#options.disk.close(this.#fd)
    this.#closed = true
  }

  async #commitAll(): Promise<void> {
    // Room that was made and not used is nothing to write: to wait for it would end never, and let nothing else run.
    while (!this.#closed && (this.pendingBytes > 0 || this.#open.length > 0)) {
      const startedAt = performance.now()
      const entries = await this.#commit()
      const left = startedAt + GROUP_MILLIS - performance.now()
      if (entries >= SIBLINGS && left > 0) {
        await new Promise((resolve) => void setTimeout(resolve, left))
      }
    }
    this.#committing = undefined
  }

  /** Writes and syncs one group; answers how many have been told that they are on the disk. */
  async #commit(): Promise<number> {
    const { disk, onSynced } = this.#options
    try {
      if (this.#isSpent || this.#end >= this.#options.segmentBytes) await this.#beginSegment()
      const extent = this.#takePending()
      if (extent) {
        try {
          await disk.write(this.#fd, extent.bytes, extent.length, extent.start)
          this.#giveBack(extent)
        } catch (error) {
          this.#undoFrom(extent, error)
          return 0
        }
      }
      // What is written while this sync runs belongs to the next one.
      const covered = this.#open.slice()
      const last = covered.at(-1)
      if (!last) return 0
      await disk.sync(this.#fd)
      await this.#syncFolders()
      if (this.#closed) return 0
      this.#open = this.#open.slice(covered.length)
      onSynced({ segment: this.#segment, offset: last.start + last.length })
      for (const { entries } of covered) for (const entry of entries) entry.synced()
      return covered.reduce((count, { entries }) => count + entries.length, 0)
    } catch (error) {
      this.#lose(error)
      return 0
    }
  }

  async #syncFolders(): Promise<void> {
    for (let folder = this.#foldersToSync[0]; folder; folder = this.#foldersToSync[0]) {
      await this.#options.disk.syncFolder(folder)
      this.#foldersToSync.shift()
    }
  }

  async #beginSegment(): Promise<void> {
    const { disk, lane } = this.#options
    if (this.#open.length > 0) {
      const covered = this.#open.slice()
      await disk.sync(this.#fd)
      await this.#syncFolders()
      // Given up meanwhile: all have been told, and the number of the file may be another one's.
      if (this.#closed) return
      this.#open = this.#open.slice(covered.length)
      for (const { entries } of covered) for (const entry of entries) entry.synced()
      // Something was written meanwhile: it is synced first, and the next group begins the segment.
      if (this.#open.length > 0) return
    }
    let next: number
    try {
      next = disk.create(join(lane, segmentName(this.#segment + 1)))
    } catch {
      // The old one goes on; whatever keeps files from being created will be heard of by a write.
      return
    }
    disk.close(this.#fd)
    this.#fd = next
    this.#segment += 1
    this.#end = 0
    this.#isSpent = false
    this.#foldersToSync.push(lane)
    // Nothing is in it yet, but the one before it is complete and may go once it is delivered.
    this.#options.onSynced(this.position)
  }

  #newExtent(): Extent<Mark> {
    const bytes = this.#spare ?? Buffer.allocUnsafeSlow(BUFFER_BYTES)
    this.#spare = undefined
    return { bytes, length: 0, entries: [], mark: this.#options.mark(), start: -1 }
  }

  #takePending(): Extent<Mark> | undefined {
    const extent = this.#pending
    if (!extent || extent.length === 0) return undefined
    this.#pending = undefined
    extent.start = this.#end
    this.#end += extent.length
    this.#open.push(extent)
    return extent
  }

  /** The bytes are in the file: the buffer serves again. */
  #giveBack(extent: Extent<Mark>): void {
    if (extent.bytes.length <= KEPT_BUFFER_BYTES) this.#spare = extent.bytes
    extent.bytes = EMPTY
  }

  /** An extent could not be written: it and all that follow it, which build on it, are cut off. */
  #undoFrom(extent: Extent<Mark>, cause: unknown): void {
    const at = this.#open.indexOf(extent)
    // A synchronous write that failed meanwhile has cut it off already.
    if (at === -1 || this.#closed) return
    const undone = this.#open.splice(at)
    if (this.#pending) undone.push(this.#pending)
    this.#pending = undefined
    try {
      this.#options.disk.truncateSync(this.#fd, extent.start)
    } catch (error) {
      this.#open.push(...undone)
      this.#lose(error)
      return
    }
    this.#end = extent.start
    this.#isSpent = this.#end > 0
    this.#options.rewind(extent.mark)
    failAll(undone, { cause, inDoubt: false })
  }

  #lose(cause: unknown): void {
    if (this.#closed) return
    const undone = [...this.#open.splice(0), ...(this.#pending ? [this.#pending] : [])]
    this.#pending = undefined
    try {
      this.close()
    } catch {
      // What is lost is lost; the cause is told.
    }
    this.#options.onLost(cause)
    failAll(undone, { cause, inDoubt: true })
  }
}

const EMPTY = Buffer.alloc(0)

function failAll(extents: readonly Extent<unknown>[], failure: WriteFailure): void {
  for (const { entries } of extents) for (const entry of entries) entry.failed(failure)
}
