import type { Logger, LoggerProvider, LogRecord } from '@opentelemetry/api'
import { toReason } from '../core/errors.ts'
import type { Reporter } from '../core/reporter.ts'
import { toSafeValue } from './safe-value.ts'

/** Which records go elsewhere, and to whom. */
export interface Detour {
  readonly isFor: (record: LogRecord) => boolean
  readonly provider: LoggerProvider
}

/**
 * Loggers whose `emit()` never throws into the application.
 *
 * The SDK reads attribute values while it makes the record, and a getter that throws would throw from there; such a
 * record is emitted once more with what is harmless of it.
 */
export function createGuardedLoggerProvider(
  provider: LoggerProvider,
  reporter: Reporter,
  detour?: Detour,
): LoggerProvider {
  return {
    getLogger(name, version, options) {
      const logger = provider.getLogger(name, version, options)
      let elsewhere: Logger | undefined
      return {
        enabled: (given) => logger.enabled(given),
        emit(record) {
          if (!detour?.isFor(record)) return emitGuarded(logger, record, reporter)
          elsewhere ??= detour.provider.getLogger(name, version, options)
          emitGuarded(elsewhere, record, reporter)
        },
      }
    },
  }
}

function emitGuarded(logger: Logger, record: LogRecord, reporter: Reporter): void {
  try {
    logger.emit(record)
  } catch {
    try {
      const attributes = Object.entries(record.attributes ?? {})
      logger.emit({
        ...record,
        attributes: Object.fromEntries(attributes.map(([key, value]) => [key, toSafeValue(value)])),
      })
    } catch (error) {
      reporter.once('log record', `a log record could not be made: ${toReason(error)}`)
    }
  }
}
