import type { LoggerProvider, LogRecord } from '@opentelemetry/api'
import { isUuid } from '../core/ids.ts'
import type { Detour } from '../logging/guarded-logger-provider.ts'

/**
 * Sends log records with the id of an audit record into the audit trail, whoever emits them.
 *
 * One whose id is no UUID goes the way of the logs: the Collector puts it into quarantine, where it is seen.
 */
export function createAuditDetour(provider: LoggerProvider): Detour {
  return { provider, isFor: isAuditRecord }
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
