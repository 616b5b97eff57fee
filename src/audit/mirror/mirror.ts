import type { Logger } from '@opentelemetry/api'
import { toReason } from '../../core/errors.ts'
import type { Redaction } from '../../core/redaction.ts'
import type { Reporter } from '../../core/reporter.ts'
import type { DeclaredEvent } from '../define-audit-event.ts'
import type { PreparedRecord } from '../prepared-record.ts'
import { createLineFile } from './line-file.ts'
import { toMirrorCopy, toMirrorLine, toMirrorLog, type MirrorCopy } from './mirror-copy.ts'

/** Copies of audit records for reading; never the evidence. */
export interface AuditMirror {
  /**
   * Makes the copy of a record, to be written once the record is recorded; nothing when it cannot be made. Never throws.
   *
   * Before that, because the details are the application's own, which may change them any time.
   */
  prepare(event: DeclaredEvent, record: PreparedRecord): (() => void) | undefined
  /** Resolves when every copy so far is written, or could not be. */
  flush(): Promise<void>
  /** The same while the thread stands still: for the end of the process. */
  settle(): void
}

/** Where copies go. */
export interface AuditMirrorOptions {
  /** Gets each record as a log record. */
  readonly logger?: Logger | undefined
  /** Gets each record as a line of JSON. */
  readonly file?: string | undefined
  /** Counts copies that are not in the file. */
  readonly lost?: ((copies: number) => void) | undefined
  readonly redaction: Redaction
  readonly reporter: Reporter
}

/** Creates the mirror; undefined when there is nowhere to copy to. */
export function createAuditMirror({
  logger,
  file,
  lost,
  redaction,
  reporter,
}: AuditMirrorOptions): AuditMirror | undefined {
  if (!logger && file === undefined) return undefined
  const fail = (reason: string, copies: number): void => {
    lost?.(copies)
    reporter.once('audit mirror', `audit records are not copied to ${file}: ${reason}`)
  }
  const lines =
    file === undefined
      ? undefined
      : createLineFile(file, (failure) => {
          if (failure) fail(toReason(failure.error), failure.lines)
          else reporter.over('audit mirror', `audit records are copied again to ${file}`)
        })
  const attempt = <Result>(work: () => Result): Result | undefined => {
    try {
      return work()
    } catch (error) {
      reporter.once('audit copy', `an audit record could not be copied: ${toReason(error)}`)
      return undefined
    }
  }
  const write = (copy: MirrorCopy): void => {
    logger?.emit(toMirrorLog(copy))
    if (lines?.append(toMirrorLine(copy)) === false) fail('the disk is too slow', 1)
  }
  return {
    prepare(event, record) {
      const copy = attempt(() => toMirrorCopy(event, record, redaction))
      return copy && (() => attempt(() => write(copy)))
    },
    flush: async () => lines?.flush(),
    settle: () => lines?.settle(),
  }
}
