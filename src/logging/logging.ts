import { diag, logs, type AnyValue, type Logger as ScopeLogger } from '@opentelemetry/api'
import { toReason } from '../core/errors.ts'
import { createRedaction, type Redaction } from '../core/redaction.ts'
import { sharedByCopies } from '../core/shared-by-copies.ts'
import { isError, isMap, isSet } from '../core/value-kinds.ts'
import { toExceptionFields } from './exception-fields.ts'
import {
  createLogLevels,
  isLogLevel,
  LOG_LEVELS,
  newLevelState,
  SEVERITY,
  type ComponentLevel,
  type LogLevel,
} from './log-level.ts'

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

/** The levels of this process, for every copy of the package: what `setLogLevel()`, the signal and the admin server change, and every logger follows. */
export const logLevels = createLogLevels(() => sharedByCopies('log-levels', 1, newLevelState))

/**
 * The logger of a component: a part of the service with a name of its own, such as `auth`.
 *
 * It may be made before `init()`, and does nothing without it. Names are for parts, of which there are few: beyond 1 000 they
 * are all called `other`.
 */
export function getLogger(component: string): Logger {
  const level = logLevels.of(typeof component === 'string' ? toComponent(component) : 'unknown')
  return new ComponentLogger(level, logs.getLogger(level.component), undefined)
}

/** Longer names are nobody's; each is kept, is a scope of OpenTelemetry and a stream in Loki. */
const MAX_NAME = 128

let redaction: Redaction | undefined

/** A name is not on a record alone, where it would be redacted: it is that of the scope as well. */
function toComponent(name: string): string {
  redaction ??= createRedaction()
  return redaction.text(name.slice(0, MAX_NAME).toWellFormed())
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

/** More than any limit of attributes that is of use; a list of all members of a huge object would be huge itself. */
const MAX_FIELDS = 1_000

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
    const logger = ComponentLogger.#of(this)
    if (SEVERITY.debug >= logger.#level.severity) logger.#write('debug', message, fields)
  }

  info(message: string, fields?: LogFields): void {
    const logger = ComponentLogger.#of(this)
    if (SEVERITY.info >= logger.#level.severity) logger.#write('info', message, fields)
  }

  warn(message: string, fields?: LogFields): void {
    const logger = ComponentLogger.#of(this)
    if (SEVERITY.warn >= logger.#level.severity) logger.#write('warn', message, fields)
  }

  error(message: string, fields?: LogFields): void {
    const logger = ComponentLogger.#of(this)
    if (SEVERITY.error >= logger.#level.severity) logger.#write('error', message, fields)
  }

  child(fields: LogFields): Logger {
    const logger = ComponentLogger.#of(this)
    const bound = { ...logger.#bound, ...readFields(fields) }
    return new ComponentLogger(logger.#level, logger.#scope, bound)
  }

  isEnabled(level: LogLevel): boolean {
    const logger = ComponentLogger.#of(this)
    if (!(SEVERITY[level] >= logger.#level.severity)) return false
    return logger.#scope.enabled({ severityNumber: SEVERITY[level] })
  }

  /**
   * The logger that a method was called on. Called without one, as by `promise.catch(log.error)`, it must not throw: its record
   * is that of the component `unknown`.
   */
  static #of(called: unknown): ComponentLogger {
    if (typeof called === 'object' && called !== null && #level in called) return called
    diag.warn('a method of a logger was called without its logger: write (error) => log.error(…)')
    return getLogger(undefined as unknown as string) as ComponentLogger
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
    const read = fields === undefined ? undefined : readFields(fields)
    const thrown = isReadableError(message) ? toExceptionFields(message) : undefined
    // First what must not be missing, because attributes beyond the limit are dropped; and the component once more, because no
    // field may displace it.
    const attributes: Record<string, AnyValue> = {
      component,
      ...(thrown ?? (this.#bound && read && exceptionOf(read))),
      ...this.#bound,
      ...read,
      ...thrown,
    }
    attributes['component'] = component
    return attributes
  }
}

/** The fields as attributes; what was thrown becomes `exception.*`. */
function readFields(fields: LogFields): Record<string, AnyValue> {
  const read = toMembers(fields)
  const { error } = read
  // Whether it went wrong is no error.
  if (error === undefined || error === null || typeof error === 'boolean') return read
  // First, because attributes beyond the limit are dropped, and once more, because no field may displace it.
  const exception = toExceptionFields(error)
  delete read['error']
  return { ...exception, ...read, ...exception }
}

/** What {@link readFields} has made of what was thrown. */
function exceptionOf(read: Readonly<Record<string, AnyValue>>): Record<string, AnyValue> {
  return Object.fromEntries(
    Object.entries(read)
      .slice(0, 3)
      .filter(([key]) => key.startsWith('exception.')),
  )
}

/** The members of what a call was given; JavaScript lets that be anything. */
function toMembers(fields: unknown): Record<string, AnyValue> {
  try {
    // `log.error('failed', error)` means the error, whose members say nothing.
    if (isError(fields)) return { error: fields }
    if (fields === undefined || fields === null) return {}
    if (!isPlainOrClass(fields)) return { fields: fields }
    const keys = Object.keys(fields)
    if (keys.length <= MAX_FIELDS) return { ...fields }
    const kept = Object.fromEntries(keys.slice(0, MAX_FIELDS).map((key) => [key, fields[key]]))
    return Object.hasOwn(fields, 'error') ? { ...kept, error: fields['error'] } : kept
  } catch {
    // A getter threw, or a proxy: member by member, some can be had.
    return readOneByOne(fields as Record<string, AnyValue>)
  }
}

function readOneByOne(fields: Readonly<Record<string, AnyValue>>): Record<string, AnyValue> {
  try {
    const keys = Object.keys(fields).slice(0, MAX_FIELDS)
    return Object.fromEntries(keys.map((key) => [key, readOne(fields, key)]))
  } catch {
    return {}
  }
}

function readOne(fields: Readonly<Record<string, AnyValue>>, key: string): AnyValue {
  try {
    return fields[key]
  } catch {
    return '[threw]'
  }
}

/** Not texts and lists, whose members are their letters and items, nor maps, which have none. */
function isPlainOrClass(fields: {}): fields is Record<string, AnyValue> {
  return (
    typeof fields === 'object' &&
    !Array.isArray(fields) &&
    !isMap(fields) &&
    !isSet(fields) &&
    !ArrayBuffer.isView(fields)
  )
}

/** For JavaScript, which lets anything be the message. */
function toBody(message: unknown): AnyValue {
  return isReadableError(message) ? toExceptionFields(message)['exception.message'] : message
}

function isReadableError(value: unknown): value is Error {
  try {
    return isError(value)
  } catch {
    return false
  }
}
