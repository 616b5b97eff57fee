import type { Meter } from '@opentelemetry/api'
import { createLostCounter } from '../audit/metrics.ts'
import { setAuditMirror } from '../audit/audit.ts'
import { createAuditMirror, type AuditMirror } from '../audit/mirror/mirror.ts'
import type { Redaction } from '../core/redaction.ts'
import type { Reporter } from '../core/reporter.ts'
import type { AllSettings } from '../settings.ts'
import type { LogSignal } from './log-signal.ts'

/** Starts the copies of audit records that are asked for; nothing is returned when none are. */
export function startAuditMirror(
  { audit }: AllSettings,
  logs: LogSignal,
  redaction: Redaction,
  meter: Meter,
  reporter: Reporter,
): AuditMirror | undefined {
  const mirror = createAuditMirror({
    logger: audit.mirrorLog ? logs.provider.getLogger('telltale.audit.mirror') : undefined,
    file: audit.mirrorFile,
    lost: audit.mirrorFile === undefined ? undefined : createLostCounter(meter),
    redaction,
    reporter,
  })
  setAuditMirror(mirror)
  return mirror
}
