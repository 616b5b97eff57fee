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
    try {
      await size.measure()
      await removeUnfinishedLanes(spool, Date.now())
      let lane: string | undefined
      for (const dead of await findDeadLanes(spool)) {
        if (isStopped) return
        lane ??= options.lane()
        await adopt(spool, dead, lane)
      }
      if (lane) adopters.add(lane)
      for (const adopter of adopters) if (await empty(adopter)) adopters.delete(adopter)
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

  /** Delivers what a lane of ours has adopted; answers whether nothing is left. */
  const empty = async (lane: string): Promise<boolean> => {
    for (const adopted of await listAdopted(lane)) {
      if (isStopped) return false
      await deliver(adopted)
    }
    return true
  }

  const deliver = async (adopted: AdoptedLane): Promise<void> => {
    const { path, streamId, parent } = adopted
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
    if (endedUnclean(delivery.cursor) && !(await isReported(streamId, parent))) {
      const { lastSequence, skippedBytes } = delivery.cursor
      await options.appendOwn(trailFoundStopped(streamId, lastSequence, skippedBytes))
      reported.add(streamId)
    }
    await removeLane(path)
    await size.measure()
  }

  /** Any of those that held the lane may have said so before it died. */
  const isReported = async (
    streamId: string,
    holder: AdoptedLane | undefined,
  ): Promise<boolean> => {
    if (reported.has(streamId)) return true
    if (!holder) return false
    const said = await readReportedStreams(holder.path)
    return said.has(streamId) || isReported(streamId, holder.parent)
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
