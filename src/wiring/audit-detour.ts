import type { LoggerProvider, LogRecord } from '@opentelemetry/api'
import { toCarriedValue } from '../audit/carried-value.ts'
import { MAX_EVIDENCE_DEPTH } from '../audit/origin.ts'
import { MAX_FRAME_BYTES } from '../audit/spool/frame.ts'
import { isUuid } from '../core/ids.ts'
import type { Detour } from '../logging/guarded-logger-provider.ts'

/**
 * No evidence is cut as a log record is: whatever has more than this is no evidence that the trail takes, and is refused whole.
 * The limits are there for what has no end.
 */
const LIMITS = {
  depth: MAX_EVIDENCE_DEPTH + 2,
  length: MAX_FRAME_BYTES,
  // Each takes two characters at the least.
  members: MAX_FRAME_BYTES / 2,
  values: MAX_FRAME_BYTES / 2,
} as const

/**
 * Sends log records with the id of an audit record into the audit trail, whoever emits them.
 *
 * One whose id is no UUID goes the way of the logs: the Collector puts it into quarantine, where it is seen.
 */
export function createAuditDetour(provider: LoggerProvider): Detour {
  return { provider: withCarriedValues(provider), isFor: isAuditRecord, limits: LIMITS }
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
