import { isAggregateError, isError } from './value-kinds.ts'

/** What each code means, in the words the reference and `doctor` print. */
export const MEANINGS = {
  TELLTALE_CONFIG_INVALID: 'One or more settings cannot be used; nothing was started.',
  TELLTALE_AUDIT_NOT_STARTED: 'audit.record() was called before init(), or after shutdown().',
  TELLTALE_AUDIT_EVENT_INVALID: 'The event does not fit its definition; it was not recorded.',
  TELLTALE_AUDIT_SPOOL_FULL:
    'The audit spool has reached its size limit; the event was not recorded, and nothing older was dropped.',
  TELLTALE_AUDIT_SPOOL_FAILED:
    'The disk refused the audit spool; the event was not recorded, unless the message says that nobody knows.',
  TELLTALE_AUDIT_OVERLOADED:
    'More records wait for the disk than memory allows; the event was not recorded.',
  TELLTALE_AUDIT_REFUSED:
    'The Collector refused this one record for good; it is parked in the spool, and `telltale audit parked` lists it.',
  TELLTALE_AUDIT_UNAVAILABLE:
    'The Collector did not confirm the record in time. It is in the spool and will be delivered: do not record it again.',
} as const

/** The codes of every error raised by this package. */
export type ErrorCode = keyof typeof MEANINGS

/** The base of every error raised here. Branch on {@link code}; the message may change. */
export class TelltaleError extends Error {
  readonly code: ErrorCode

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = new.target.name
    this.code = code
  }
}

/** Settings or definitions that cannot be used; {@link problems} lists every one of them. */
export class ConfigError extends TelltaleError {
  readonly problems: readonly string[]

  constructor(problems: readonly string[]) {
    super('TELLTALE_CONFIG_INVALID', problems.join('\n'))
    this.problems = problems
  }
}

/** An audit call that could not keep its promise. */
export class AuditError extends TelltaleError {
  /** UUID of the record, once it has one: to look for it, or to record it under the same id if it was not recorded. */
  recordId: string | undefined
}

/** The shortest useful sentence for whatever was thrown: code and message, causes of network errors included. Never throws. */
export function toReason(thrown: unknown): string {
  try {
    const error = nearestCause(thrown)
    if (!isError(error)) return String(error)
    const code = (error as NodeJS.ErrnoException).code
    const said: unknown = error.message || error.name
    const text = String(said)
    return typeof code === 'string' && !text.includes(code) ? `${code}: ${text}` : text
  } catch {
    // A getter or a proxy, or an object that has no text.
    return 'what was thrown cannot be read'
  }
}

/** Errors within errors that are looked into: one may be a part of itself. */
const MAX_DEPTH = 16

function nearestCause(thrown: unknown): unknown {
  let error = thrown
  for (let depth = 0; depth < MAX_DEPTH; depth += 1) {
    if (!isAggregateError(error) || error.errors.length === 0) return error
    error = error.errors[0]
  }
  return error
}
