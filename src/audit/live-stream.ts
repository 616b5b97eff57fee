import type { MakeRecord } from './made-record.ts'
import { LaneDelivery } from './delivery/lane-delivery.ts'
import type { Sender } from './delivery/sender.ts'
import { AuditStream, type AppendOutcome, type AuditStreamOptions } from './spool/audit-stream.ts'
import type { Frame } from './spool/frame.ts'
import { createLane, removeLane, removeLaneSync, type Lane } from './spool/lane.ts'
import { listAdopted } from './spool/adoption.ts'
import type { Position } from './spool/segment-writer.ts'

export interface LiveStreamOptions extends Pick<
  AuditStreamOptions,
  'id' | 'disk' | 'segmentBytes' | 'objectionTo' | 'onGrown' | 'onLost'
> {
  readonly spool: string
  readonly sender: Sender
  readonly onSkipped: (bytes: number) => void
  readonly onRemoved: (bytes: number) => void
  /** Whether somebody waits for a receipt of this thread's records. */
  readonly isUrgent: () => boolean
  /** The lane cannot be read; it is tried again. */
  readonly onUnreadable: (error: unknown) => void
}

/** How long a lane that could not be read is left alone, in milliseconds. */
const REREAD_MILLIS = 1_000

/** The stream of this thread in its lane, and its delivery. */
export class LiveStream {
  readonly id: string
  readonly #options: LiveStreamOptions
  readonly #lane: Lane
  readonly #stream: AuditStream
  #delivery: LaneDelivery | undefined
  #delivering: Promise<void> | undefined
  #synced: Position = { segment: 0, offset: 0 }
  /** Every record up to this one has its receipt. */
  #deliveredUpTo = 0
  #isStopped = false
  #idlers: (() => void)[] = []

  /** @throws what the disk says when the lane cannot be made */
  constructor(options: LiveStreamOptions) {
    this.id = options.id
    this.#options = options
    this.#lane = createLane(options.spool, options.id)
    try {
      this.#stream = new AuditStream({
        ...options,
        lane: this.#lane.path,
        newFolders: [options.spool],
        onSynced: (position) => this.#onSynced(position),
      })
    } catch (error) {
      this.#discard()
      throw error
    }
  }

  get path(): string {
    return this.#lane.path
  }

  /** Records that have no receipt yet. */
  get backlog(): number {
    return Math.max(0, this.#stream.lastSequence - this.#deliveredUpTo)
  }

  /** The oldest record that has none, if it is on its way. */
  get oldest(): Frame | undefined {
    return this.#delivery?.oldest
  }

  /** @throws as {@link AuditStream.append} does */
  append(make: MakeRecord, outcome: AppendOutcome, own = false): void {
    this.#stream.append(make, outcome, own)
  }

  writeNow(): void {
    this.#stream.writeNow()
  }

  /** Resolves when every record has its receipt. */
  async idle(): Promise<void> {
    await this.#stream.idle()
    if (this.backlog === 0) return
    const idle = new Promise<void>((resolve) => void this.#idlers.push(resolve))
    this.#delivery?.wake()
    await idle
  }

  /** Resolves when every record is on the disk, or has failed. */
  onDisk(): Promise<void> {
    return this.#stream.idle()
  }

  settleNow(): void {
    this.#stream.settleNow()
  }

  /** Lets go of the lane; it is removed if nothing is left in it, and up for adoption otherwise. */
  async close(): Promise<void> {
    this.#isStopped = true
    this.#stream.close()
    try {
      if (this.backlog > 0) return
      await this.#delivering
      if ((await listAdopted(this.path)).length === 0) await removeLane(this.path)
    } finally {
      await this.#delivery?.close()
      this.#lane.lock.release()
    }
  }

  /** Leaves the lane to whoever adopts it: nothing is known of it any more. */
  abandon(): void {
    this.#isStopped = true
    this.#closeReader()
    this.#lane.lock.release()
  }

  /** Removes a lane in which no record has come to stand. */
  discard(): void {
    this.#isStopped = true
    this.#stream.close()
    this.#discard()
  }

  #closeReader(): void {
    void this.#delivery?.close().catch(this.#options.onUnreadable)
  }

  #discard(): void {
    this.#closeReader()
    try {
      removeLaneSync(this.path)
    } catch {
      // Something was adopted into it, or the disk is gone: it is found by whoever looks next.
    }
    this.#lane.lock.release()
  }

  #onSynced(position: Position): void {
    this.#synced = position
    this.#delivery?.wake()
    this.deliver()
  }

  #onAdvanced(lastSequence: number): void {
    this.#deliveredUpTo = lastSequence
    if (this.backlog === 0) for (const wake of this.#idlers.splice(0)) wake()
  }

  /** Delivers what is on the disk; called whenever there is more. */
  deliver(): void {
    this.#delivering ??= this.#deliver()
  }

  async #deliver(): Promise<void> {
    const { sender, onSkipped, onRemoved, onUnreadable, isUrgent } = this.#options
    try {
      this.#delivery ??= await LaneDelivery.begin({
        lane: this.path,
        streamId: this.id,
        sender,
        limit: () => this.#synced,
        isUrgent: () => this.#idlers.length > 0 || isUrgent(),
        onSkipped,
        onRemoved,
        onAdvanced: ({ lastSequence }) => this.#onAdvanced(lastSequence),
      })
      for (let seen: Position | undefined; seen !== this.#synced && !this.#isStopped;) {
        seen = this.#synced
        await this.#delivery.deliverAll(() => this.#isStopped)
      }
    } catch (error) {
      if (!this.#isStopped) {
        onUnreadable(error)
        setTimeout(() => this.deliver(), REREAD_MILLIS).unref()
      }
    } finally {
      this.#delivering = undefined
    }
  }
}
