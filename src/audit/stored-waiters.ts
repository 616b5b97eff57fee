import { AuditError } from '../core/errors.ts'
import type { AppendedRecord } from './audit-trail.ts'
import type { AuditMetrics } from './metrics.ts'

/** The records whose callers wait until they are committed in PostgreSQL. */
export interface StoredWaiters {
  /** Whether there is anybody. */
  readonly isWaitedFor: boolean
  add(
    record: AppendedRecord,
    resolve: (record: AppendedRecord) => void,
    reject: (error: AuditError) => void,
  ): void
  committed(streamId: string, sequence: number): void
  parked(streamId: string, sequence: number, reason: string): void
}

interface Waiter {
  readonly record: AppendedRecord
  readonly resolve: (record: AppendedRecord) => void
  readonly reject: (error: AuditError) => void
  readonly timer: NodeJS.Timeout
}

/** Creates the list of those who wait; each for so long at the most. */
export function createStoredWaiters(
  timeoutMillis: number,
  shownUrl: string,
  metrics: AuditMetrics,
): StoredWaiters {
  const waiters = new Map<string, Waiter>()
  const take = (streamId: string, sequence: number): Waiter | undefined => {
    // Most of the time nobody waits, and a key is not worth making.
    if (waiters.size === 0) return undefined
    const key = keyOf(streamId, sequence)
    const waiter = waiters.get(key)
    if (waiter) clearTimeout(waiter.timer)
    waiters.delete(key)
    return waiter
  }
  const fail = (waiter: Waiter, code: AuditError['code'], message: string): void => {
    const error = new AuditError(code, message)
    error.recordId = waiter.record.recordId
    metrics.refused(code)
    waiter.reject(error)
  }
  const late = (streamId: string, sequence: number): void => {
    const waiter = take(streamId, sequence)
    if (!waiter) return
    fail(
      waiter,
      'TELLTALE_AUDIT_UNAVAILABLE',
      `${shownUrl} did not confirm the audit record in ${timeoutMillis} ms; the record is safe in the spool and ` +
        'will be delivered: do not record it again',
    )
  }
  return {
    get isWaitedFor() {
      return waiters.size > 0
    },
    add(record, resolve, reject) {
      const { streamId, sequence } = record
      // Referenced: somebody waits for it.
      const timer = setTimeout(late, timeoutMillis, streamId, sequence)
      waiters.set(keyOf(streamId, sequence), { record, resolve, reject, timer })
    },
    committed(streamId, sequence) {
      const waiter = take(streamId, sequence)
      waiter?.resolve(waiter.record)
    },
    parked(streamId, sequence, reason) {
      const waiter = take(streamId, sequence)
      if (!waiter) return
      fail(
        waiter,
        'TELLTALE_AUDIT_REFUSED',
        `${shownUrl} refused the audit record: ${reason}; it is parked in the spool`,
      )
    },
  }
}

function keyOf(streamId: string, sequence: number): string {
  return `${streamId} ${sequence}`
}
