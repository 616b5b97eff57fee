import { toReason } from '../core/errors.ts'
import type { Reporter } from '../core/reporter.ts'
import type { AppendedRecord } from './audit-trail.ts'
import { LaneDelivery } from './delivery/lane-delivery.ts'
import type { Sender } from './delivery/sender.ts'
import type { AuditMetrics } from './metrics.ts'
import { trailFoundStopped, type OwnEvent } from './own-record.ts'
import {
  adopt,
  findDeadLanes,
  listAdopted,
  readReportedStreams,
  type AdoptedLane,
} from './spool/adoption.ts'
import type { Cursor } from './spool/cursor.ts'
import type { Frame } from './spool/frame.ts'
import { removeLane, removeUnfinishedLanes } from './spool/lane.ts'
import type { SpoolSize } from './spool/spool-size.ts'

export interface AdopterOptions {
  readonly spool: string
  readonly scanMillis: number
  readonly sender: Sender
  readonly size: SpoolSize
  /** This thread's lane; it is made when there is none. */
  readonly lane: () => string
  readonly appendOwn: (event: OwnEvent) => Promise<AppendedRecord>
  readonly metrics: AuditMetrics
  readonly reporter: Reporter
}

/** Looks after the lanes of dead owners. */
export interface Adopter {
  /** The oldest of their records that is on its way. */
  oldest(): Frame | undefined
  stop(): void
}

/**
 * Looks for lanes of dead owners, now and from time to time, delivers what is in them, and says of those that ended
 * without a word that they did. One at a time, so that any number of them needs no more memory than one.
 */
export function createAdopter(options: AdopterOptions): Adopter {
  const { spool, size, metrics, reporter } = options
  const reported = new Set<string>()
  let current: LaneDelivery | undefined
  let isStopped = false
  let isRunning = false

  const look = async (): Promise<void> => {
    if (isRunning || isStopped) return
    isRunning = true
    let failure: unknown
    /** One lane that cannot be read or removed holds up no other. */
    const attempt = async (work: () => Promise<unknown>): Promise<void> => {
      try {
        await work()
      } catch (error) {
        failure ??= error
      }
    }
    try {
      await size.measure()
      await attempt(() => removeUnfinishedLanes(spool, Date.now()))
      for (const dead of await findDeadLanes(spool)) {
        if (isStopped) return
        const lane = options.lane()
        adopters.add(lane)
        await attempt(() => adopt(spool, dead, lane))
      }
      for (const adopter of adopters) await attempt(() => empty(adopter, attempt))
      if (failure) throw failure
      reporter.over('audit adopt', 'the lanes of dead processes are delivered again')
    } catch (error) {
      // No spool yet: nothing to adopt.
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return
      if (!isStopped) {
        reporter.once(
          'audit adopt',
          `what dead processes left in ${spool} cannot be delivered now: ${toReason(error)}`,
        )
      }
    } finally {
      isRunning = false
    }
  }

  /** Lanes of ours that hold adopted ones. */
  const adopters = new Set<string>()

  /** Delivers what a lane of ours has adopted. */
  const empty = async (
    lane: string,
    attempt: (work: () => Promise<unknown>) => Promise<void>,
  ): Promise<void> => {
    const adopted = await listAdopted(lane)
    // Any of them may have held the others before it died, and goes when it is delivered itself.
    for (const { path } of adopted) {
      await attempt(async () => {
        for (const streamId of await readReportedStreams(path)) reported.add(streamId)
      })
    }
    for (const each of adopted) {
      if (isStopped) return
      await attempt(() => deliver(each))
    }
    if ((await listAdopted(lane)).length === 0) adopters.delete(lane)
    if (adopted.length > 0) await size.measure()
  }

  const deliver = async ({ path, streamId }: AdoptedLane): Promise<void> => {
    const delivery = await LaneDelivery.begin({
      lane: path,
      streamId,
      sender: options.sender,
      limit: () => undefined,
      onSkipped: (bytes) => metrics.skipped(bytes),
      onRemoved: (bytes) => size.changed(-bytes),
    })
    current = delivery
    try {
      await delivery.deliverAll(() => isStopped)
    } finally {
      current = undefined
      await delivery.close()
    }
    if (isStopped) return
    if (endedUnclean(delivery.cursor) && !reported.has(streamId)) {
      const { lastSequence, skippedBytes } = delivery.cursor
      await options.appendOwn(trailFoundStopped(streamId, lastSequence, skippedBytes))
      reported.add(streamId)
    }
    await removeLane(path)
  }

  const timer = setInterval(() => void look(), options.scanMillis).unref()
  // Not in this turn: the application starts first.
  const first = setTimeout(() => void look(), 0).unref()
  return {
    oldest: () => current?.oldest,
    stop() {
      isStopped = true
      clearInterval(timer)
      clearTimeout(first)
    },
  }
}

/** Whether a stream held something and did not say that it ends. A lane without a single byte has nothing to tell. */
function endedUnclean({ ended, lastSequence, skippedBytes }: Cursor): boolean {
  return !ended && (lastSequence > 0 || skippedBytes > 0)
}
