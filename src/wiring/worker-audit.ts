import { metrics } from '@opentelemetry/api'
import { setAuditTrail } from '../audit/audit.ts'
import { createRedaction } from '../core/redaction.ts'
import { withDeadline } from '../core/deadline.ts'
import type { Reporter } from '../core/reporter.ts'
import { createInactive, type Telltale } from '../handle.ts'
import type { AllSettings } from '../settings.ts'
import { startAudit } from './audit-signal.ts'
import { identify } from './identity.ts'

/**
 * Starts the audit trail in a worker thread, which has a stream of its own. The other signals are made in the main thread
 * only, but an audit record must not depend on the thread it is made in.
 */
export function startWorkerAudit(
  settings: AllSettings,
  spoolDirectory: string,
  reason: string,
  reporter: Reporter,
  warnings: string[],
): Telltale {
  const { resource, sdkVersion } = identify(settings.general, warnings)
  const { trail, origin } = startAudit({
    settings,
    spoolDirectory,
    sdkVersion,
    resource,
    redaction: createRedaction(settings.general.redactNames),
    meter: metrics.getMeter('telltale'),
    reporter,
    warnings,
  })
  setAuditTrail({ trail, origin })
  const { shutdownTimeoutMillis } = settings.lifecycle
  const onBeforeExit = (): void => {
    if (trail.pending() === 0) return
    void withDeadline(trail.end(shutdownTimeoutMillis, false), shutdownTimeoutMillis)
  }
  const onExit = (): void => trail.settleNow()
  process.on('beforeExit', onBeforeExit)
  process.on('exit', onExit)
  const handle = createInactive(reason)
  return {
    ...handle,
    async forceFlush({ timeoutMillis = shutdownTimeoutMillis } = {}) {
      await withDeadline(trail.idle(), timeoutMillis)
    },
    async shutdown({ timeoutMillis = shutdownTimeoutMillis } = {}) {
      setAuditTrail('telemetry was shut down')
      await withDeadline(trail.end(timeoutMillis, true), timeoutMillis)
      process.removeListener('beforeExit', onBeforeExit)
      process.removeListener('exit', onExit)
    },
  }
}
