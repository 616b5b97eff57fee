import { hash as hashOf } from 'node:crypto'
import { AuditError, toReason } from '../core/errors.ts'
import { createUuidV7 } from '../core/ids.ts'
import type { Reporter } from '../core/reporter.ts'
import type { Post } from '../otlp/post.ts'
import type { AppendedRecord, AuditTrail } from './audit-trail.ts'
import { createAdopter } from './adopter.ts'
import { createPacer } from './delivery/pacer.ts'
import { createSender, type SentRecord } from './delivery/sender.ts'
import { LiveStream } from './live-stream.ts'
import type { MakeRecord } from './made-record.ts'
import type { AuditMetrics, SpoolStatus } from './metrics.ts'
import {
  recordParked,
  TRAIL_STOPPED_CLEANLY,
  type MakeOwnRecord,
  type OwnEvent,
} from './own-record.ts'
import { createRecordOutcomes } from './record-outcomes.ts'
import { realDisk, type Disk } from './spool/disk.ts'
import { ageSecondsOf, type Frame } from './spool/frame.ts'
import { parkRecord } from './spool/parked.ts'
import { prepareSpoolFolder } from './spool/spool-folder.ts'
import { SpoolSize } from './spool/spool-size.ts'
import { createStoredWaiters } from './stored-waiters.ts'

export interface SpooledTrailOptions {
  readonly directory: string
  readonly maxBytes: number
  /** How long a record that is to be stored waits for its receipt. */
  readonly timeoutMillis: number
  /** Where the records go, for people. */
  readonly shownUrl: string
  readonly post: Post
  readonly toBody: (frames: readonly Frame[]) => Promise<Uint8Array>
  readonly makeOwnRecord: MakeOwnRecord
  /** The first record of each stream. */
  readonly started: OwnEvent
  readonly metrics: AuditMetrics
  readonly reporter: Reporter
  /** Default the real one. */
  readonly disk?: Disk
  /** How often dead owners' lanes are looked for. */
  readonly scanMillis?: number
}

/** The audit trail of this thread: a spool on disk, and the delivery of what is in it. */
export interface SpooledTrail extends AuditTrail {
  status(): SpoolStatus
  /** Records without a receipt, and one more while a stream is open. */
  pending(): number
  /** Resolves when everything has its receipt. */
  idle(): Promise<void>
  /**
   * Ends the stream: says so in it, and delivers what it can within the deadline, unless the Collector is away. A record
   * that comes later begins another stream, unless `forGood`.
   */
  end(deadlineMillis: number, forGood: boolean): Promise<void>
  /** Writes, syncs and ends the stream while the thread stands still, for the end of the process. */
  settleNow(): void
}

const SEGMENT_BYTES = 16 * 2 ** 20
const SCAN_MILLIS = 10_000
const REQUEST_TIMEOUT_MILLIS = 30_000

/** Failures after which a trail that ends leaves the rest to the next boot. */
const FAILURES_TO_GIVE_UP = 3

/** How long after a failure a new stream is tried, in milliseconds. */
const REOPEN_MILLIS = 1_000

/** Creates the trail; nothing is made on the disk before the first record, but for the adoption of dead owners' lanes. */
export function createSpooledTrail(options: SpooledTrailOptions): SpooledTrail {
  const { directory, maxBytes, metrics, reporter, makeOwnRecord } = options
  const disk = options.disk ?? realDisk
  const size = new SpoolSize(directory, maxBytes)
  const stored = createStoredWaiters(options.timeoutMillis, options.shownUrl, metrics)
  const outcomes = createRecordOutcomes({ directory, size, stored, metrics, reporter })
  const { recorded, refused } = outcomes
  const pacer = createPacer()
  let live: LiveStream | undefined
  let isEnding = false
  let isClosed = false
  let openFailure: { readonly error: AuditError; readonly at: number } | undefined

  const sender = createSender({
    shownUrl: options.shownUrl,
    post: options.post,
    toBody: options.toBody,
    timeoutMillis: REQUEST_TIMEOUT_MILLIS,
    pacer,
    reporter,
    onCommitted(records) {
      metrics.delivered(records.length)
      for (const { streamId, frame } of records) stored.committed(streamId, frame.sequence)
    },
    park,
  })

  async function park(record: SentRecord, reason: string): Promise<void> {
    const { streamId, frame } = record
    const { sequence, recordId } = frame
    await parkRecord(directory, streamId, frame, reason, Date.now())
    // The tombstone explains the number that will be missing, so it comes before the cursor moves on.
    const hash = hashOf('sha256', frame.evidence)
    await appendOwn(recordParked({ stream: streamId, sequence, recordId, hash, reason }))
    metrics.parked()
    stored.parked(streamId, sequence, reason)
    reporter.say(
      `an audit record is refused and was parked: ${recordId} (${reason}); see telltale audit parked`,
    )
  }

  const open = (): LiveStream => {
    if (live) return live
    if (isClosed) {
      throw new AuditError('TELLTALE_AUDIT_NOT_STARTED', 'telemetry was shut down')
    }
    if (openFailure && performance.now() - openFailure.at < REOPEN_MILLIS) throw openFailure.error
    try {
      const { problem } = prepareSpoolFolder(directory)
      if (problem) throw new Error(problem)
      live = begin()
      openFailure = undefined
      return live
    } catch (error) {
      live = undefined
      const failure = new AuditError(
        'TELLTALE_AUDIT_SPOOL_FAILED',
        `the audit spool ${directory} cannot be used: ${toReason(error)}`,
        { cause: error },
      )
      openFailure = { error: failure, at: performance.now() }
      throw failure
    }
  }

  const begin = (): LiveStream => {
    const stream = new LiveStream({
      id: createUuidV7(Date.now()),
      spool: directory,
      disk,
      segmentBytes: Math.min(SEGMENT_BYTES, Math.ceil(maxBytes / 8)),
      sender,
      objectionTo: (bytes) => size.objectionTo(bytes),
      onGrown: (bytes) => size.changed(bytes),
      onRemoved: (bytes) => size.changed(-bytes),
      onSkipped: (bytes) => metrics.skipped(bytes),
      isUrgent: () => stored.isWaitedFor,
      onLost(cause) {
        if (live === stream) live = undefined
        stream.abandon()
        reporter.once(
          'audit spool',
          `the audit spool cannot be written: ${toReason(cause)}; a new stream is begun`,
        )
      },
      onUnreadable: (error) =>
        reporter.once('audit spool read', `the audit spool cannot be read: ${toReason(error)}`),
    })
    const failed = (error: AuditError): void => {
      // A stream begins with this record or not at all.
      if (live === stream) live = undefined
      openFailure = { error, at: performance.now() }
      stream.discard()
    }
    stream.append(makeOwnRecord(options.started), { onDisk: recorded, failed }, true)
    return stream
  }

  const appendOwn = (event: OwnEvent): Promise<AppendedRecord> =>
    new Promise((resolve, reject) => {
      if (isEnding) throw new Error('the trail is ending')
      const onDisk = (record: AppendedRecord): void => {
        recorded()
        resolve(record)
      }
      open().append(makeOwnRecord(event), { onDisk, failed: reject }, true)
    })

  const adopter = createAdopter({
    spool: directory,
    scanMillis: options.scanMillis ?? SCAN_MILLIS,
    sender,
    size,
    lane: () => open().path,
    appendOwn,
    metrics,
    reporter,
  })

  /** Not for the first failure: one answer of many that is 503 is no reason to leave records behind. */
  const severalFailures = async (): Promise<void> => {
    for (let failures = 0; failures < FAILURES_TO_GIVE_UP; failures += 1) await sender.nextFailure()
  }

  /** One end at a time: a stream has one last record. */
  let ending: Promise<void> | undefined
  const end = async (deadlineMillis: number): Promise<void> => {
    // The larger part for what waits; some of it is kept for the last record and its receipt.
    const half = new Promise<void>(
      (resolve) => void setTimeout(resolve, deadlineMillis / 2).unref(),
    )
    const stream = live
    if (!stream) return
    isEnding = true
    try {
      pacer.hurry()
      await Promise.race([stream.idle(), severalFailures(), half])
      if (live !== stream) return
      stream.append(
        makeOwnRecord(TRAIL_STOPPED_CLEANLY),
        { onDisk: recorded, failed: refused },
        true,
      )
      live = undefined
      closing = stream
      await stream.onDisk()
      const rest = new Promise<void>(
        (resolve) => void setTimeout(resolve, deadlineMillis / 4).unref(),
      )
      if (!pacer.isFailing) await Promise.race([stream.idle(), severalFailures(), rest])
      await stream.close()
    } catch (error) {
      reporter.once('audit spool end', `the audit stream was not ended well: ${toReason(error)}`)
    } finally {
      closing = undefined
      isEnding = false
    }
  }
  /** A stream that has its last record and waits for receipts. */
  let closing: LiveStream | undefined

  return {
    append(make: MakeRecord, durability): Promise<AppendedRecord> {
      const { promise, resolve, reject } = Promise.withResolvers<AppendedRecord>()
      try {
        open().append(make, outcomes.outcomeFor(durability, resolve, reject))
      } catch (error) {
        refused(error)
        reject(error)
      }
      return promise
    },
    write(make) {
      try {
        const stream = open()
        stream.append(make, { onDisk: recorded, failed: refused })
        stream.writeNow()
      } catch (error) {
        refused(error)
        reporter.once(
          `audit write ${toReason(error)}`,
          `an audit record was not recorded: ${toReason(error)}`,
        )
      }
    },
    status: () => ({
      directory,
      ...(outcomes.problem !== undefined && { problem: outcomes.problem }),
      backlogRecords: (live?.backlog ?? 0) + (closing?.backlog ?? 0),
      bytes: size.bytes,
      maxBytes,
      oldestAgeSeconds: ageSecondsOf(live?.oldest ?? closing?.oldest ?? adopter.oldest()),
    }),
    pending: () => (live ? live.backlog + 1 : 0) + (closing?.backlog ?? 0),
    idle: async () => {
      pacer.hurry()
      await live?.idle()
    },
    end(deadlineMillis, forGood) {
      if (forGood) {
        isClosed = true
        adopter.stop()
      }
      return (ending ??= end(deadlineMillis).finally(() => (ending = undefined)))
    },
    settleNow() {
      const stream = live ?? closing
      if (!stream) return
      try {
        if (stream === live) {
          stream.append(
            makeOwnRecord(TRAIL_STOPPED_CLEANLY),
            { onDisk: recorded, failed: refused },
            true,
          )
        }
        stream.settleNow()
      } catch (error) {
        reporter.say(`the last audit records could not be written: ${toReason(error)}`)
      }
      live = undefined
    },
  }
}
