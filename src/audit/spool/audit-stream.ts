import { hash as hashOf } from 'node:crypto'
import { AuditError, toReason } from '../../core/errors.ts'
import type { AppendedRecord } from '../audit-trail.ts'
import type { DraftRecord, MakeRecord } from '../made-record.ts'
import type { Disk } from './disk.ts'
import { evidenceOfFrame, frameLength, frameRoom, objectionToFrame, writeFrame } from './frame.ts'
import { SegmentWriter, type Position, type WriteFailure } from './segment-writer.ts'

/** Told what became of a record. */
export interface AppendOutcome {
  onDisk(record: AppendedRecord): void
  failed(error: AuditError): void
}

export interface AuditStreamOptions {
  readonly id: string
  readonly lane: string
  readonly disk: Disk
  readonly segmentBytes: number
  readonly newFolders: readonly string[]
  /** Why so many more bytes may not be appended; nothing when they may. */
  readonly objectionTo: (bytes: number) => AuditError | undefined
  readonly onGrown: (bytes: number) => void
  readonly onSynced: (position: Position) => void
  /** Nothing can be appended any more; begin another stream. */
  readonly onLost: (cause: unknown) => void
}

/** The last record that was appended, on which the next one builds. */
interface ChainState {
  readonly sequence: number
  readonly hash: string
}

/** SHA-256 of nothing: what the first record of a stream names as its predecessor. */
export const NO_PREDECESSOR: string = hashOf('sha256', '')

/** Bytes that may wait in memory for a disk that does not answer. */
const MAX_PENDING_BYTES = 64 * 2 ** 20

/**
 * One stream: numbers its records, chains them, and writes them to its lane.
 *
 * A number is used only by a record that is in the file: what cannot be written gives its number back, and what was
 * chained to it fails with it.
 */
export class AuditStream {
  readonly id: string
  readonly #options: AuditStreamOptions
  readonly #writer: SegmentWriter<ChainState>
  #last: ChainState = { sequence: 0, hash: NO_PREDECESSOR }

  /** @throws what the disk says when the first segment cannot be created */
  constructor(options: AuditStreamOptions) {
    this.id = options.id
    this.#options = options
    this.#writer = new SegmentWriter({
      ...options,
      mark: () => this.#last,
      rewind: (mark) => (this.#last = mark),
    })
  }

  /** Sequence of the last record, 0 before the first. */
  get lastSequence(): number {
    return this.#last.sequence
  }

  /**
   * Appends a record to the next group.
   *
   * @param own - a record of the trail about itself, for which there is always room
   * @throws whatever `make` throws, and the objection of the options; nothing is appended then
   */
  append(make: MakeRecord, outcome: AppendOutcome, own = false): void {
    const sequence = this.#last.sequence + 1
    const record = make({ streamId: this.id, sequence, previousHash: this.#last.hash })
    // A getter of the application may do anything; two records in one place would be a fork for ever.
    if (this.#last.sequence !== sequence - 1) {
      throw new AuditError(
        'TELLTALE_AUDIT_EVENT_INVALID',
        'the record was not made: what it was made of recorded another one meanwhile',
      )
    }
    const room = frameRoom(record)
    // The exact length of a text costs as much as writing it, and is only needed when it may be too much.
    const objection =
      this.#objectionTo(record, room, own) && this.#objectionTo(record, frameLength(record), own)
    if (objection) throw objection
    const { bytes, at } = this.#writer.reserve(room)
    const length = writeFrame(bytes, at, sequence, record) - at
    const hash = hashOf('sha256', evidenceOfFrame(bytes, at))
    this.#writer.add(length, new Appended(record.recordId, this.id, sequence, hash, outcome))
    this.#last = { sequence, hash }
    this.#options.onGrown(length)
  }

  /** Has everything appended so far in the file before it returns. */
  writeNow(): void {
    this.#writer.writeNow()
  }

  /** Resolves when every record appended so far is on the disk, or has failed. */
  idle(): Promise<void> {
    return this.#writer.idle()
  }

  /** Writes and syncs everything while the thread stands still. */
  settleNow(): void {
    this.#writer.settleNow()
  }

  close(): void {
    this.#writer.close()
  }

  #objectionTo(record: DraftRecord, length: number, own: boolean): AuditError | undefined {
    const tooLong = objectionToFrame(record, length)
    if (tooLong) {
      return new AuditError('TELLTALE_AUDIT_EVENT_INVALID', `the record was not made: ${tooLong}`)
    }
    return own ? undefined : (this.#overload(length) ?? this.#options.objectionTo(length))
  }

  #overload(length: number): AuditError | undefined {
    const waiting = this.#writer.pendingBytes
    if (waiting + length <= MAX_PENDING_BYTES) return undefined
    return new AuditError(
      'TELLTALE_AUDIT_OVERLOADED',
      `${waiting} bytes of audit records wait for the disk; ${MAX_PENDING_BYTES} may`,
    )
  }
}

/** A record on its way to the disk; one object for each, so that a burst makes little garbage. */
class Appended implements AppendedRecord {
  readonly recordId: string
  readonly streamId: string
  readonly sequence: number
  readonly hash: string
  readonly #outcome: AppendOutcome

  constructor(
    recordId: string,
    streamId: string,
    sequence: number,
    hash: string,
    outcome: AppendOutcome,
  ) {
    this.recordId = recordId
    this.streamId = streamId
    this.sequence = sequence
    this.hash = hash
    this.#outcome = outcome
  }

  synced(): void {
    const { recordId, streamId, sequence, hash } = this
    this.#outcome.onDisk({ recordId, streamId, sequence, hash })
  }

  failed({ cause, inDoubt }: WriteFailure): void {
    const fate = inDoubt
      ? 'nobody knows whether it is there, and it will be delivered if it is'
      : 'it was not recorded'
    this.#outcome.failed(
      new AuditError(
        'TELLTALE_AUDIT_SPOOL_FAILED',
        `the audit record could not be written to the spool (${toReason(cause)}); ${fate}`,
        { cause },
      ),
    )
  }
}
