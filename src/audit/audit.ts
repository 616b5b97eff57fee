import { context } from '@opentelemetry/api'
import { AuditError } from '../core/errors.ts'
import { createRedaction } from '../core/redaction.ts'
import { isThenable } from '../core/thenable.ts'
import { withAuditContext } from './audit-context.ts'
import type { AuditContext, AuditFields } from './audit-fields.ts'
import type { AppendedRecord, AuditTrail, Durability } from './audit-trail.ts'
import type { AuditEvent, DeclaredEvent } from './define-audit-event.ts'
import type { AuditMirror } from './mirror/mirror.ts'
import type { Origin } from './origin.ts'
import { prepareRecord, type PreparedRecord } from './prepared-record.ts'

export { setAuditContext } from './audit-context.ts'

/** What `audit.record()` answers with: where the record stands, and how safe it is. */
export interface AuditReceipt extends AppendedRecord {
  /** What was waited for. */
  readonly durability: Durability
}

/** The audit trail of this process. */
export interface Audit {
  /**
   * Records one audit event, and returns once it is on the disk; with the durability `stored`, once it is committed in
   * PostgreSQL.
   *
   * Whatever is recorded again under the same `id` is stored once; the repetition is kept in `audit.conflicts`.
   *
   * @throws {AuditError} `TELLTALE_AUDIT_EVENT_INVALID`, `TELLTALE_AUDIT_NOT_STARTED` and others, see
   * docs/reference/errors.md; it has the `recordId`, once there is one
   */
  record<Details>(event: AuditEvent<Details>, fields?: AuditFields<Details>): Promise<AuditReceipt>
  /**
   * Runs `work`; what is recorded in it takes from `fields` what it does not say itself.
   *
   * Within another `with()` only what is given replaces what is there.
   */
  with<Result>(fields: AuditContext, work: () => Result): Result
}

/** A trail that takes records, and who they come from. */
export interface StartedTrail {
  readonly trail: AuditTrail
  readonly origin: Origin
}

const NOT_STARTED = 'call init() first, or start with --import telltale/register'

const UNKNOWN_ORIGIN: Origin = { resource: { attributes: {} }, redaction: createRedaction() }

let mirror: AuditMirror | undefined

let current: StartedTrail | string = NOT_STARTED

/** Sets where audit records go, or why they cannot go anywhere. Called by `init()` and `shutdown()`. */
export function setAuditTrail(started: StartedTrail | string): void {
  current = started
}

/** Sets where copies of records go, if anywhere. */
export function setAuditMirror(to: AuditMirror | undefined): void {
  mirror = to
}

/** The audit trail of this process; `init()` starts it. */
export const audit: Audit = {
  // No async function: three promises for each record are a tenth of what it costs.
  record(event, fields) {
    try {
      const started = current
      const origin = typeof started === 'string' ? UNKNOWN_ORIGIN : started.origin
      const preparing = prepareRecord(event, fields, origin)
      // Not awaited when there is nothing to wait for: records come to stand in the order of the calls.
      return isThenable(preparing)
        ? preparing.then((prepared) => append(started, event, fields, prepared))
        : append(started, event, fields, preparing)
    } catch (error) {
      return Promise.reject(error)
    }
  },
  with: (fields, work) => context.with(withAuditContext(context.active(), fields), work),
}

function append(
  started: StartedTrail | string,
  event: DeclaredEvent,
  fields: AuditFields<unknown> | undefined,
  prepared: PreparedRecord,
): Promise<AuditReceipt> {
  if (typeof started === 'string') {
    throw new AuditError(
      'TELLTALE_AUDIT_NOT_STARTED',
      `the audit event "${event.name}" was not recorded: ${started === NOT_STARTED ? reasonNotStarted() : started}`,
    )
  }
  // What the callbacks see stays in memory until the record is on the disk: nothing but this.
  const { recordId } = prepared
  const durability = fields?.durability ?? event.durability ?? 'spooled'
  const copy = mirror?.prepare(event, prepared)
  return started.trail.append(prepared.make, durability).then(
    ({ streamId, sequence, hash }) => {
      copy?.()
      return { recordId, streamId, sequence, hash, durability }
    },
    (error: unknown) => {
      if (error instanceof AuditError) error.recordId ??= recordId
      throw error
    },
  )
}

/** Its own trail is what a copy of the package records in: another version's may not know what an event asks for. */
function reasonNotStarted(): string {
  const running = (globalThis as Record<symbol, unknown>)[Symbol.for('telltale.running')]
  const { startedBy } = (running ?? {}) as { readonly startedBy?: unknown }
  return typeof startedBy === 'string'
    ? `another copy of telltale was started: ${startedBy}; install it once, see npm ls telltale`
    : NOT_STARTED
}
