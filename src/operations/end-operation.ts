import { SpanStatusCode, type Attributes, type Context, type Span } from '@opentelemetry/api'
import { audit, type Audit } from '../audit/audit.ts'
import { toReason } from '../core/errors.ts'
import { createRedaction } from '../core/redaction.ts'
import { createReporter, writeToStderr, type Reporter } from '../core/reporter.ts'
import { isThenable, onRejection } from '../core/thenable.ts'
import { isError } from '../core/value-kinds.ts'
import { getLogger } from '../logging/logging.ts'
import { operationMetrics } from './metrics.ts'
import type { OperationEnd, OperationOptions } from './operation-options.ts'

/** An operation that has begun. */
export interface RunningOperation {
  readonly name: string
  readonly options: OperationOptions<unknown>
  readonly attributes: Attributes
  readonly span: Span
  readonly context: Context
  readonly startedAt: number
}

/** What was thrown where a record was to be made that is required. */
export interface AuditFailure {
  readonly thrown: unknown
}

let reporter: Reporter = createReporter(writeToStderr)
const redaction = createRedaction()

/** Sets who is told what is wrong with callbacks of the application. Called by `init()`. */
export function setOperationReporter(to: Reporter): void {
  reporter = to
}

/** What the work returned or threw. */
type HowItEnded = { readonly result: unknown } | { readonly error: unknown }

/** The same for synchronous work, which does not wait for its audit record. Never throws. */
export function endOperationInTime(running: RunningOperation, how: HowItEnded): void {
  const { name, options } = running
  guard(name, 'auditRequired', () => {
    if (options.auditRequired !== true) return
    const rule = `"auditRequired" of the operation "${name}" needs asynchronous work`
    reporter.once(`operation in time ${name}`, `${rule}: its audit record is not waited for`)
  })
  void endOperation(running, how)
}

/**
 * Tells everybody how an operation ended, and resolves when its audit record is safe; with why it is not, if it must be. Never
 * throws and never rejects; all but the audit record is done when it returns.
 */
export async function endOperation(
  running: RunningOperation,
  how: HowItEnded,
): Promise<AuditFailure | undefined> {
  const { name, options } = running
  const seconds = (performance.now() - running.startedAt) / 1_000
  const end = toEnd(running, how, seconds)
  endSpan(running, end)
  guard(name, 'measure', () => (options.measure ? options.measure(end) : measure(name, end)))
  if (end.outcome === 'failure') guard(name, 'log', () => logFailure(running, end))
  return record(running, end)
}

function toEnd(
  { name, options }: RunningOperation,
  how: HowItEnded,
  seconds: number,
): OperationEnd<unknown> {
  if ('error' in how) return { outcome: 'failure', seconds, error: how.error }
  const { result } = how
  const isFailure = guard(name, 'isFailure', () => options.isFailure?.(result)) === true
  return isFailure
    ? { outcome: 'failure', seconds, error: undefined, result }
    : { outcome: 'success', seconds, result }
}

function endSpan({ name, span }: RunningOperation, end: OperationEnd<unknown>): void {
  if (end.outcome === 'failure') {
    const { error } = end
    span.setAttribute('error.type', toErrorType(error))
    span.setStatus({ code: SpanStatusCode.ERROR, message: toSafeReason(error) })
    // An error may throw when it is read.
    guard(name, 'error', () => {
      if (error !== undefined)
        span.recordException(isReadableError(error) ? error : toSafeReason(error))
    })
  }
  span.end()
}

function measure(name: string, { outcome, seconds }: OperationEnd<unknown>): void {
  operationMetrics.operations.add(1, { operation: name, outcome })
  operationMetrics.duration.record(seconds, { operation: name })
}

function logFailure(
  { name, options, attributes }: RunningOperation,
  end: OperationEnd<unknown>,
): void {
  const { logLevel = 'error', component = 'operation' } = options
  if (logLevel === 'none') return
  getLogger(component)[logLevel](`${name} failed`, {
    ...attributes,
    operation: name,
    duration_ms: Math.round(end.seconds * 1_000),
    ...(end.error !== undefined && { error: end.error }),
  })
}

async function record(
  { name, options }: RunningOperation,
  end: OperationEnd<unknown>,
): Promise<AuditFailure | undefined> {
  const made: Promise<unknown>[] = []
  const recordEnd: Audit['record'] = (event, fields) => {
    const recording = audit.record(event, { ...fields, outcome: fields?.outcome ?? end.outcome })
    // A callback may forget to hand it on, and an unhandled rejection would end the process.
    recording.catch(() => undefined)
    made.push(recording)
    return recording
  }
  try {
    const handedOn = options.audit?.(end, recordEnd)
    if (isThenable(handedOn)) {
      await handedOn
      // Not waited for: it may have been replaced by another record.
      void tellRefused(name, made)
    } else await Promise.all(made)
    return undefined
  } catch (thrown) {
    const reason = toSafeReason(thrown)
    reporter.once(
      `operation audit ${name}`,
      `the operation "${name}" was not recorded in the audit trail: ${reason}`,
    )
    getLogger('operation').error(`${name} was not recorded in the audit trail`, { error: thrown })
    return guard(name, 'auditRequired', () => (options.auditRequired ? { thrown } : undefined))
  }
}

/** Says which records were refused although their callback ended well. Never rejects. */
async function tellRefused(name: string, made: readonly Promise<unknown>[]): Promise<void> {
  for (const end of await Promise.allSettled(made)) {
    if (end.status === 'fulfilled') continue
    const reason = toSafeReason(end.reason)
    reporter.once(
      `operation audit ${name}`,
      `an audit record of the operation "${name}" was refused: ${reason}`,
    )
  }
}

/** Calls what belongs to the application: its faults are said once, and change nothing. */
function guard<Result>(name: string, what: string, call: () => Result): Result | undefined {
  const tell = (error: unknown): void => {
    const reason = toSafeReason(error)
    const message = `"${what}" of the operation "${name}" threw: ${reason}`
    reporter.once(`operation ${what} ${name}`, message)
  }
  try {
    const result = call()
    onRejection(result, tell)
    return result
  } catch (error) {
    tell(error)
    return undefined
  }
}

/** The code of a system error, else the class: both are of a small, known number. */
function toErrorType(error: unknown): string {
  try {
    if (!isReadableError(error)) return '_OTHER'
    const { code } = error as NodeJS.ErrnoException
    return typeof code === 'string' && /^[A-Z][A-Z0-9_]{0,63}$/.test(code) ? code : error.name
  } catch {
    return '_OTHER'
  }
}

function isReadableError(error: unknown): error is Error {
  try {
    return isError(error)
  } catch {
    return false
  }
}

function toSafeReason(error: unknown): string {
  try {
    return error === undefined ? 'the result is a failure' : redaction.text(toReason(error))
  } catch {
    return 'what was thrown cannot be read'
  }
}
