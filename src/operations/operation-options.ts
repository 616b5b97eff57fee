import type { Attributes, SpanKind } from '@opentelemetry/api'
import type { Audit } from '../audit/audit.ts'
import type { LogLevel } from '../logging/logging.ts'

/** How an operation ended. */
export type OperationEnd<Result> =
  | {
      readonly outcome: 'success'
      readonly seconds: number
      readonly result: Result
      readonly error?: undefined
    }
  | {
      readonly outcome: 'failure'
      readonly seconds: number
      /** What was thrown; nothing when `isFailure` said it of a result. */
      readonly error: unknown
      readonly result?: Result | undefined
    }

/** What is told of an operation, besides its span. No callback can change how the operation ends, unless `auditRequired`. */
export interface OperationOptions<Result> {
  /** On the span, and on the log record of a failure. */
  readonly attributes?: Attributes | undefined
  /** `SpanKind.CLIENT` for a call to another system that nothing else traces. Default `SpanKind.INTERNAL`. */
  readonly kind?: SpanKind | undefined
  /** Component of the log record of a failure. Default `operation`. */
  readonly component?: string | undefined
  /** Level of the log record of a failure; `none` for failures that are expected. Default `error`. */
  readonly logLevel?: LogLevel | 'none' | undefined
  /** Says of a result that it is a failure, for work that does not throw. It is returned all the same. */
  readonly isFailure?: ((result: Result) => boolean) | undefined
  /**
   * Measures the end with instruments of the team's catalogue, under its own names and labels. Default: ours,
   * `telltale_operations_total` and `telltale_operation_duration_seconds`.
   */
  readonly measure?: ((end: OperationEnd<Result>) => void) | undefined
  /**
   * Records the end in the audit trail: `record` is `audit.record()` with the outcome filled in. An operation that is waited for
   * ends only when the record is safe, and if that cannot be, says so on stderr and in the log.
   */
  readonly audit?: ((end: OperationEnd<Result>, record: Audit['record']) => unknown) | undefined
  /** Whether a success that could not be recorded rejects with the `AuditError`; the work must be asynchronous. Default false. */
  readonly auditRequired?: boolean | undefined
}
