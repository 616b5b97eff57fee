import type { LoggerProvider, LogRecord } from '@opentelemetry/api'
import { toCarriedValue } from '../audit/carried-value.ts'
import { isUuid } from '../core/ids.ts'
import type { Detour } from '../logging/guarded-logger-provider.ts'

/**
 * Sends log records with the id of an audit record into the audit trail, whoever emits them.
 *
 * One whose id is no UUID goes the way of the logs: the Collector puts it into quarantine, where it is seen.
 */
export function createAuditDetour(provider: LoggerProvider): Detour {
  return { provider: withCarriedValues(provider), isFor: isAuditRecord }
}

/** Loggers that have every attribute in a form that the SDK does not leave out. */
function withCarriedValues(provider: LoggerProvider): LoggerProvider {
  return {
    getLogger(name, version, options) {
      const logger = provider.getLogger(name, version, options)
      return {
        enabled: (given) => logger.enabled(given),
        emit: (record) => logger.emit({ ...record, attributes: carried(record.attributes) }),
      }
    },
  }
}

function carried(attributes: LogRecord['attributes'] = {}): Record<string, unknown> {
  const given = Object.entries(attributes).filter(([, value]) => value !== undefined)
  return Object.fromEntries(given.map(([key, value]) => [key, toCarriedValue(value)]))
}

function isAuditRecord({ attributes }: LogRecord): boolean {
  try {
    const id: unknown = attributes?.['audit.record.id']
    return typeof id === 'string' && isUuid(id)
  } catch {
    // A getter that throws: the logs know how to deal with it.
    return false
  }
}
