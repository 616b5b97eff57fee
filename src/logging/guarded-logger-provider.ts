import type { AnyValue, Logger, LoggerProvider, LogRecord } from '@opentelemetry/api'
import { toReason } from '../core/errors.ts'
import type { Reporter } from '../core/reporter.ts'
import { isDate } from '../core/value-kinds.ts'
import type { LogLengths } from './log-record-limits.ts'
import { toOwnValue, toSafeValue, type SafeValueOptions } from './safe-value.ts'

/** Which records go elsewhere, and to whom. */
export interface Detour {
  readonly isFor: (record: LogRecord) => boolean
  readonly provider: LoggerProvider
  /** What a value of such a record may have. */
  readonly limits: SafeValueOptions
}

/**
 * Loggers that take every value, and whose `emit()` never throws into the application.
 *
 * The SDK drops an attribute that has a date, a big integer, a map or a cycle anywhere in it, walks through all of it however
 * large it is, and throws what its getters throw. So it is given what {@link toSafeValue} makes of it. A body it keeps as it
 * is, and the pipeline would read it later: it gets one of its own.
 */
export function createGuardedLoggerProvider(
  provider: LoggerProvider,
  reporter: Reporter,
  lengths: LogLengths,
  detour?: Detour,
): LoggerProvider {
  return {
    getLogger(name, version, options) {
      const tell = (what: string) => () => lengths.tellCut(what, name)
      const limits: GuardLimits = {
        ofBody: { onCut: tell('the message') },
        ofField: (key) => ({ length: lengths.value, onCut: tell(`the field "${key}"`) }),
      }
      const logger = provider.getLogger(name, version, options)
      let elsewhere: Logger | undefined
      return {
        enabled: (given) => logger.enabled(given),
        emit(record) {
          if (!detour?.isFor(record)) return emitGuarded(logger, record, limits, reporter)
          elsewhere ??= detour.provider.getLogger(name, version, options)
          emitGuarded(elsewhere, record, toGuardLimits(detour.limits), reporter)
        },
      }
    },
  }
}

/** What the parts of a record may have, and who is told of more. */
interface GuardLimits {
  readonly ofBody: SafeValueOptions
  ofField(key: string): SafeValueOptions
}

function toGuardLimits(limits: SafeValueOptions): GuardLimits {
  return { ofBody: limits, ofField: () => limits }
}

function emitGuarded(
  logger: Logger,
  record: LogRecord,
  limits: GuardLimits,
  reporter: Reporter,
): void {
  try {
    logger.emit(isPlainRecord(record) ? record : toPlainRecord(record, limits))
  } catch {
    try {
      // A getter at the top, or one that was harmless when it was looked at: now everything is copied.
      const attributes = toOwnValue(record.attributes ?? {}, limits.ofField('…'))
      logger.emit({
        ...record,
        ...ownTimes(record),
        body: toOwnValue(record.body, limits.ofBody),
        attributes: attributes as Record<string, AnyValue>,
      })
    } catch (error) {
      reporter.once('log record', `a log record could not be made: ${toReason(error)}`)
    }
  }
}

function toPlainRecord(record: LogRecord, { ofBody, ofField }: GuardLimits): LogRecord {
  const { attributes = {} } = record
  return {
    ...record,
    body: toOwnValue(record.body, ofBody),
    attributes: Object.fromEntries(
      Object.entries(attributes).map(([key, value]) => [key, toSafeValue(value, ofField(key))]),
    ),
  }
}

/** The SDK throws for a Date of another realm, which it does not know as one. */
function ownTimes({ timestamp, observedTimestamp }: LogRecord): Partial<LogRecord> {
  return {
    ...(isDate(timestamp) && { timestamp: new Date(timestamp.getTime()) }),
    ...(isDate(observedTimestamp) && { observedTimestamp: new Date(observedTimestamp.getTime()) }),
  }
}

/** Whether there is nothing in a record that would have to be looked into, as in most. */
function isPlainRecord({ body, attributes }: LogRecord): boolean {
  if (isObject(body)) return false
  for (const key in attributes) if (isObject(attributes[key])) return false
  return true
}

/** Also big integers, symbols and functions, which the SDK drops. */
function isObject(value: unknown): boolean {
  switch (typeof value) {
    case 'string':
    case 'number':
    case 'boolean':
    case 'undefined':
      return false
    default:
      return value !== null
  }
}
