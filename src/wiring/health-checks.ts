import { metricsAnswer, setScrape } from '../admin/metrics-answer.ts'
import type { AdminRoutes } from '../admin/admin.ts'
import type { SpoolStatus } from '../audit/metrics.ts'
import type { Reporter } from '../core/reporter.ts'
import type { CheckResult } from '../health/check-result.ts'
import {
  healthResponse,
  liveResponse,
  observeHealth,
  readyResponse,
  setHealthSurroundings,
} from '../health/health.ts'
import { OWN_METER } from '../metrics/metrics.ts'
import type { AllSettings } from '../settings.ts'
import type { Signals } from './signals.ts'

/** Gives the health checks what the running telemetry knows, and the admin server its answers. */
export function startHealth(
  settings: AllSettings,
  signals: Signals,
  version: string | undefined,
  isDraining: () => boolean,
  reporter: Reporter,
): AdminRoutes {
  const { redaction } = signals.audit.origin
  setHealthSurroundings(
    { reporter, redaction, settings: settings.health, version, isDraining },
    signals.metrics.provider.getMeter(OWN_METER),
  )
  observeHealth('auditSpool', () => toSpoolCheck(signals.audit.trail.status()))
  setScrape(signals.metrics.scrape)
  return {
    '/metrics': metricsAnswer,
    '/health': () => healthResponse(),
    '/ready': () => readyResponse(),
    '/live': () => liveResponse(),
  }
}

/**
 * The audit spool as /health shows it. Records that cannot be written make it degraded and not dead: whoever restarts a
 * service for its disk makes nothing better.
 */
export function toSpoolCheck(status: SpoolStatus): CheckResult {
  const { problem, backlogRecords, bytes, maxBytes, oldestAgeSeconds } = status
  return {
    status: problem === undefined ? 'healthy' : 'degraded',
    figures: {
      ...(problem !== undefined && { problem }),
      backlogRecords,
      bytes,
      maxBytes,
      oldestAgeSeconds,
    },
  }
}
