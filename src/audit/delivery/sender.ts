import { setImmediate } from 'node:timers'
import { toReason } from '../../core/errors.ts'
import type { Reporter } from '../../core/reporter.ts'
import type { Post, PostAnswer } from '../../otlp/post.ts'
import type { Frame } from '../spool/frame.ts'
import type { Pacer } from './pacer.ts'
import { readAnswer, type Verdict } from './receipt.ts'

/** A record and the stream it belongs to. */
export interface SentRecord {
  readonly streamId: string
  readonly frame: Frame
}

/** Delivers records until each has its receipt, or is parked. */
export interface Sender {
  /** Resolves when every record is committed or parked; never rejects, and takes as long as it takes. */
  deliver(records: readonly SentRecord[]): Promise<void>
  /** Resolves with the next attempt that fails. */
  nextFailure(): Promise<void>
}

export interface SenderOptions {
  /** Where the records go, for people. */
  readonly shownUrl: string
  readonly post: Post
  readonly toBody: (frames: readonly Frame[]) => Promise<Uint8Array>
  readonly timeoutMillis: number
  readonly pacer: Pacer
  readonly reporter: Reporter
  readonly onCommitted: (records: readonly SentRecord[]) => void
  /** Sets a record aside that is refused for itself; when it rejects, the record is tried again. */
  readonly park: (record: SentRecord, reason: string) => Promise<void>
}

/** Creates what sends records. */
export function createSender(options: SenderOptions): Sender {
  const { pacer, reporter, shownUrl } = options
  let attempts = 0
  /** Number of the newest attempt that was answered with a receipt. */
  let lastCommitted = 0
  let onFailure: (() => void)[] = []

  const attempt = async (records: readonly SentRecord[]): Promise<Verdict> => {
    let answer: PostAnswer
    try {
      // They have just been read: what waits for the event loop comes first.
      await new Promise((resolve) => void setImmediate(resolve))
      const body = await options.toBody(records.map(({ frame }) => frame))
      answer = await options.post(body, options.timeoutMillis)
    } catch (error) {
      return { kind: 'again', reason: toReason(error) }
    }
    return readAnswer(answer, records.length)
  }

  /** @param refusedAt - newest attempt at the time a request with these records was first refused */
  const deliver = async (records: readonly SentRecord[], refusedAt?: number): Promise<void> => {
    let refused = refusedAt
    for (;;) {
      const ticket = await pacer.turn()
      attempts += 1
      const number = attempts
      const verdict = await attempt(records)
      if (verdict.kind === 'committed') {
        lastCommitted = Math.max(lastCommitted, number)
        pacer.succeeded()
        reporter.over('audit', `audit records are delivered again to ${shownUrl}`)
        options.onCommitted(records)
        return
      }
      if (verdict.kind === 'refused') {
        refused ??= attempts
        if (records.length > 1) {
          const half = Math.ceil(records.length / 2)
          await deliver(records.slice(0, half), refused)
          await deliver(records.slice(half), refused)
          return
        }
        // Whoever refuses everything (another version) refuses the trail, not this record; and what something else on
        // the way refuses (a wrong route, now and then) says nothing of it at all.
        const isItsOwnFault = verdict.byReceiver && lastCommitted > refused
        if (isItsOwnFault && (await parked(records[0]!, verdict.reason))) return
      }
      fail(ticket, verdict)
    }
  }

  const parked = async (record: SentRecord, reason: string): Promise<boolean> => {
    try {
      await options.park(record, reason)
      return true
    } catch (error) {
      reporter.once('audit park', `a refused audit record cannot be set aside: ${toReason(error)}`)
      return false
    }
  }

  const fail = (ticket: number, verdict: Exclude<Verdict, { kind: 'committed' }>): void => {
    pacer.failed(ticket, verdict.kind === 'again' ? verdict.retryInMillis : undefined)
    reporter.once(
      'audit',
      `audit records cannot be delivered to ${shownUrl}: ${verdict.reason}; they stay in the spool`,
    )
    const told = onFailure
    onFailure = []
    for (const tell of told) tell()
  }

  return {
    deliver: (records) => deliver(records),
    nextFailure: () => new Promise((resolve) => void onFailure.push(resolve)),
  }
}
