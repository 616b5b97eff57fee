import { diag, logs, type AnyValue, type Logger as ScopeLogger } from '@opentelemetry/api'
import { toReason } from '../core/errors.ts'
import { toExceptionFields } from './exception-fields.ts'
import {
  createLogLevels,
  isLogLevel,
  LOG_LEVELS,
  SEVERITY,
  type ComponentLevel,
  type LogLevel,
} from './log-level.ts'
import { toSafeValue } from './safe-value.ts'

export { isLogLevel, LOG_LEVELS, type LogLevel } from './log-level.ts'
export { listenForLevelSignal } from './level-signal.ts'

/** What is known of a log record besides its message. What was thrown belongs under `error`: it becomes `exception.*`. */
export type LogFields = Readonly<Record<string, unknown>>

/** Writes the log records of one component. No call throws, whatever it is given. */
export interface Logger {
  debug(message: string, fields?: LogFields): void
  info(message: string, fields?: LogFields): void
  warn(message: string, fields?: LogFields): void
  error(message: string, fields?: LogFields): void
  /** A logger that puts `fields` on each of its records; those of a call win over them. They are read now, not later. */
  child(fields: LogFields): Logger
  /** Whether a record of this level would go anywhere: for fields that cost something to find out. */
  isEnabled(level: LogLevel): boolean
}

/** The levels of this process: what `setLogLevel()`, the signal and the admin server change, and every logger follows. */
export const logLevels = createLogLevels()

/**
 * The logger of a component: a part of the service with a name of its own, such as `auth`.
 *
 * It may be made before `init()`, and does nothing without it. Names are for parts, of which there are few: beyond 1 000 they
 * are all called `other`.
 */
export function getLogger(component: string): Logger {
  const level = logLevels.of(typeof component === 'string' ? component : 'unknown')
  return new ComponentLogger(level, logs.getLogger(level.component), undefined)
}

/**
 * Changes from now on what is written.
 *
 * @param level - `default` goes back to what the settings say
 * @param component - only of this one, made or not; without it, of all that have no level of their own
 */
export function setLogLevel(level: LogLevel | 'default', component?: string): void {
  if (level === 'default' || isLogLevel(level)) logLevels.set(level, component)
  else diag.warn(`setLogLevel: the level must be one of ${LOG_LEVELS.join(', ')}, default`)
}

/** A class for its speed: each request may have a child, and each method would be a closure. */
class ComponentLogger implements Logger {
  readonly #level: ComponentLevel
  readonly #scope: ScopeLogger
  readonly #bound: Record<string, AnyValue> | undefined

  constructor(
    level: ComponentLevel,
    scope: ScopeLogger,
    bound: Record<string, AnyValue> | undefined,
  ) {
    this.#level = level
    this.#scope = scope
    this.#bound = bound
  }

  debug(message: string, fields?: LogFields): void {
    if (SEVERITY.debug >= this.#level.severity) this.#write('debug', message, fields)
  }

  info(message: string, fields?: LogFields): void {
    if (SEVERITY.info >= this.#level.severity) this.#write('info', message, fields)
  }

  warn(message: string, fields?: LogFields): void {
    if (SEVERITY.warn >= this.#level.severity) this.#write('warn', message, fields)
  }

  error(message: string, fields?: LogFields): void {
    if (SEVERITY.error >= this.#level.severity) this.#write('error', message, fields)
  }

  child(fields: LogFields): Logger {
    const bound = { ...this.#bound, ...readFields(fields) }
    return new ComponentLogger(this.#level, this.#scope, bound)
  }

  isEnabled(level: LogLevel): boolean {
    if (!(SEVERITY[level] >= this.#level.severity)) return false
    return this.#scope.enabled({ severityNumber: SEVERITY[level] })
  }

  #write(level: LogLevel, message: unknown, fields: LogFields | undefined): void {
    try {
      const isText = typeof message === 'string'
      this.#scope.emit({
        severityNumber: SEVERITY[level],
        severityText: level,
        body: isText ? message : toBody(message),
        attributes: this.#toAttributes(fields, isText ? undefined : message),
      })
    } catch (error) {
      diag.warn(`a log record could not be made: ${toReason(error)}`)
    }
  }

  #toAttributes(fields: LogFields | undefined, message: unknown): Record<string, AnyValue> {
    const { component } = this.#level
    // First, because attributes beyond the limit are dropped, and once more, because no field may displace it.
    const attributes: Record<string, AnyValue> = { component, ...this.#bound }
    if (fields !== undefined) Object.assign(attributes, readFields(fields))
    if (isError(message)) Object.assign(attributes, toExceptionFields(message))
    attributes['component'] = component
    return attributes
  }
}

/** The fields as attributes; what was thrown becomes `exception.*`. */
function readFields(fields: LogFields): Record<string, AnyValue> {
  let read: Record<string, unknown>
  try {
    read = { ...fields }
  } catch {
    // A getter threw, or a proxy: member by member, some can be had.
    const safe = toSafeValue(fields)
    read = typeof safe === 'object' ? { ...safe } : {}
  }
  const { error } = read
  // Whether it went wrong is no error.
  if (error !== undefined && error !== null && typeof error !== 'boolean') {
    delete read['error']
    Object.assign(read, toExceptionFields(error))
  }
  return read
}

/** For JavaScript, which lets anything be the message. */
function toBody(message: unknown): AnyValue {
  if (isError(message)) return toExceptionFields(message)['exception.message']
  return toSafeValue(message)
}

function isError(value: unknown): boolean {
  try {
    return value instanceof Error
  } catch {
    return false
  }
}
