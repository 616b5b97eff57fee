import { context, type Logger } from '@opentelemetry/api'
import { AuditError } from '../core/errors.ts'
import { toAuditRecord, type AuditFields } from './audit-record.ts'
import { withOutcome } from './audit-record-processor.ts'
import type { AuditEvent } from './define-audit-event.ts'

/** What `audit.record()` answers with. */
export interface AuditReceipt {
  /** UUID under which the record is stored, once. */
  readonly recordId: string
}

/** The audit trail of this process. */
export interface Audit {
  /**
   * Records one audit event, and returns once it is committed in PostgreSQL.
   *
   * Calling again with the same `id` is harmless: the record is stored once.
   *
   * @throws {AuditError} `TELLTALE_AUDIT_EVENT_INVALID`, `TELLTALE_AUDIT_NOT_STARTED`, `TELLTALE_AUDIT_OVERLOADED`,
   * `TELLTALE_AUDIT_REFUSED`, `TELLTALE_AUDIT_UNAVAILABLE`
   */
  record<Details>(event: AuditEvent<Details>, fields: AuditFields<Details>): Promise<AuditReceipt>
}

const NOT_STARTED = 'call init() first, or start with --import telltale/register'

let current: Logger | string = NOT_STARTED

/** Sets where audit records go, or why they cannot go anywhere. Called by `init()` and `shutdown()`. */
export function setAuditLogger(logger: Logger | string): void {
  current = logger
}

/** The audit trail of this process; `init()` starts it. */
export const audit: Audit = {
  async record(event, fields) {
    const { recordId, record } = await toAuditRecord(event, fields)
    const logger = current
    if (typeof logger === 'string') {
      throw new AuditError(
        'TELLTALE_AUDIT_NOT_STARTED',
        `the audit event "${event.name}" was not recorded: ${logger}`,
      )
    }
    try {
      await new Promise<void>((resolve, reject) => {
        const inContext = withOutcome(context.active(), (delivered) => {
          delivered.then(resolve, reject)
        })
        logger.emit({ ...record, context: inContext })
      })
    } catch (error) {
      if (error instanceof AuditError) error.recordId = recordId
      throw error
    }
    return { recordId }
  },
}
