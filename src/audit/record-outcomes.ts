import { AuditError } from '../core/errors.ts'
import type { Reporter } from '../core/reporter.ts'
import type { AppendedRecord, Durability } from './audit-trail.ts'
import type { AuditMetrics } from './metrics.ts'
import type { AppendOutcome } from './spool/audit-stream.ts'
import type { SpoolSize } from './spool/spool-size.ts'
import type { StoredWaiters } from './stored-waiters.ts'

/** What becomes of records: it is counted, told to their callers, and remembered as the state of the disk. */
export interface RecordOutcomes {
  /** What the disk said last, until it takes records again. */
  readonly problem: string | undefined
  /** One more is on the disk. */
  recorded(): void
  /** One was not recorded. */
  refused(error: unknown): void
  /** Tells a caller when its record is as safe as was asked for. */
  outcomeFor(
    durability: Durability,
    resolve: (record: AppendedRecord) => void,
    reject: (error: AuditError) => void,
  ): AppendOutcome
}

export interface RecordOutcomesOptions {
  readonly directory: string
  readonly size: SpoolSize
  readonly stored: StoredWaiters
  readonly metrics: AuditMetrics
  readonly reporter: Reporter
}

/** Creates what is told of the outcomes of one trail. */
export function createRecordOutcomes(options: RecordOutcomesOptions): RecordOutcomes {
  const { directory, size, stored, metrics, reporter } = options
  let problem: string | undefined
  let uncounted = 0
  const count = (): void => {
    metrics.recorded(uncounted)
    uncounted = 0
  }
  const recorded = (): void => {
    // Those of one group are told one after the other, and counted at once.
    if (uncounted === 0) queueMicrotask(count)
    uncounted += 1
    if (problem === undefined) return
    problem = undefined
    reporter.over('audit spool', `audit records are written to ${directory} again`)
  }
  const refused = (error: unknown): void => {
    if (!(error instanceof AuditError)) return
    metrics.refused(error.code)
    if (error.code !== 'TELLTALE_AUDIT_SPOOL_FAILED') return
    problem = error.message
    reporter.once('audit spool', error.message)
    // What was cut off does not count any more.
    size.measureSoon()
  }
  return {
    get problem() {
      return problem
    },
    recorded,
    refused,
    // Made here, apart from the record: what an outcome can see stays in memory until the record is on the disk.
    outcomeFor: (durability, resolve, reject) => ({
      onDisk(record) {
        recorded()
        if (durability === 'spooled') resolve(record)
        else stored.add(record, resolve, reject)
      },
      failed(error) {
        refused(error)
        reject(error)
      },
    }),
  }
}
