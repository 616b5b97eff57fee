import {
  audit,
  type AuditEvent,
  type AuditFields,
  counter,
  defineAuditEvent,
  defineMetrics,
} from 'telltale'
import { z } from 'zod'

const declare = <Details>(
  name: string,
  action: string,
  targetType: string,
  details?: z.ZodType<Details, Details>,
): AuditEvent<Details> =>
  defineAuditEvent<Details>({ name, action, targetType, ...(details && { details }) })

const nothing = z.object({})
const failed = z.object({ error: z.string() })
const key = z.object({ kid: z.string(), correlationId: z.string() })
const backup = z.object({ file: z.string() })

/** Everything that this service puts into the audit trail. */
export const events = {
  loginSuccess: declare('user_login_success', 'LOGIN', 'user', nothing),
  loginFailed: declare('user_login_failed', 'LOGIN', 'user', z.object({ reason: z.string() })),
  refreshSuccess: declare('token_refresh_success', 'REFRESH', 'token', nothing),
  refreshFailed: declare(
    'token_refresh_failed',
    'REFRESH',
    'token',
    z.object({ reason: z.string() }),
  ),
  keyRotated: declare('jwt_key_rotated', 'ROTATE', 'jwt_key', key),
  rotationFailed: declare(
    'jwt_key_rotation_failed',
    'ROTATE',
    'jwt_key',
    failed.extend({ correlationId: z.string() }),
  ),
  backupStarted: declare('db_backup_started', 'BACKUP', 'database', nothing),
  backupSucceeded: declare(
    'db_backup_succeeded',
    'BACKUP',
    'database',
    backup.extend({ size_bytes: z.int(), duration_seconds: z.string() }),
  ),
  backupFailed: declare('db_backup_failed', 'BACKUP', 'database', failed),
  restoreStarted: declare('db_restore_started', 'RESTORE', 'database', backup),
  restoreSucceeded: declare('db_restore_succeeded', 'RESTORE', 'database', backup),
  restoreFailed: declare(
    'db_restore_failed',
    'RESTORE',
    'database',
    failed.extend({ file: z.string() }),
  ),
  adminAccessed: declare('admin_endpoint_accessed', 'ACCESS', 'route', nothing),
  sensitiveOperation: declare(
    'sensitive_operation_performed',
    'TRANSFER',
    'wallet',
    // Decimal text: numbers lose digits.
    z.object({ amount: z.string(), to: z.string() }),
  ),
} as const

const metrics = defineMetrics({
  events: counter({
    name: 'audit_events_total',
    description: 'Records that this process has put into the audit trail.',
    labels: { action: Object.values(events).map(({ name }) => name) },
  }),
})

/** Who acts when nobody has asked. */
export const SYSTEM = { id: 'wallet-backend', type: 'system' } as const

/** Records an event, and counts it. */
export async function record<Details>(
  event: AuditEvent<Details>,
  fields: AuditFields<Details>,
): Promise<void> {
  await audit.record(event, fields)
  metrics.events.add(1, { action: event.name })
}
