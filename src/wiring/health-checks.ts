import type { HealthCheck } from '../admin/admin.ts'
import type { SpoolStatus } from '../audit/metrics.ts'

/**
 * The audit spool as /health shows it. Records that cannot be written make it degraded and not dead: whoever restarts a
 * service for its disk makes nothing better.
 */
export function toSpoolCheck(status: SpoolStatus): HealthCheck {
  const { problem, backlogRecords, bytes, maxBytes, oldestAgeSeconds } = status
  return {
    status: problem === undefined ? 'healthy' : 'degraded',
    ...(problem !== undefined && { problem }),
    backlogRecords,
    bytes,
    maxBytes,
    oldestAgeSeconds,
  }
}
