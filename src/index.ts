export { init } from './init.ts'
export type { Status, Telltale } from './handle.ts'
export type { SpoolStatus } from './audit/metrics.ts'
export type { InitOptions } from './settings.ts'
export { audit, type Audit, type AuditReceipt } from './audit/audit.ts'
export type { AuditActor, AuditContext, AuditFields, AuditSource } from './audit/audit-fields.ts'
export type { Durability } from './audit/audit-trail.ts'
export {
  defineAuditEvent,
  type AuditEvent,
  type AuditEventOptions,
} from './audit/define-audit-event.ts'
export {
  getLogger,
  setLogLevel,
  type LogFields,
  type Logger,
  type LogLevel,
} from './logging/logging.ts'
export { AuditError, ConfigError, TelltaleError, type ErrorCode } from './core/errors.ts'
export { tenant, type Tenant } from './tenancy/tenancy.ts'
