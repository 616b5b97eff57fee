import { createContextKey, type Context } from '@opentelemetry/api'
import { getFromScope, setInScope, withRequestId } from '../propagation/propagation.ts'
import { withTenant } from '../tenancy/tenancy.ts'
import type { AuditActor, AuditContext } from './audit-fields.ts'

/** What only audit records take from a context. */
interface OwnFields extends Omit<AuditContext, 'tenantId' | 'requestId' | 'actor'> {
  /** Who acts in a request is often known only after it has begun. */
  readonly actor?: AuditActor | (() => AuditActor | undefined) | undefined
}

const KEY = createContextKey('telltale audit context')

const NOTHING: OwnFields = {}

/**
 * A context whose audit records take from `fields` what they do not say themselves; fields that are undefined change nothing.
 *
 * Tenant and request id are those of the context, for its logs and spans as well: whatever was set last, here or by
 * `tenant.run()`, counts.
 */
export function withAuditContext(context: Context, fields: AuditContext): Context {
  const { tenantId, requestId, ...rest } = fields
  const given = Object.entries(rest).filter(([, value]) => value !== undefined)
  let made = context
  if (given.length > 0) {
    made = made.setValue(KEY, { ...auditContextOf(made), ...Object.fromEntries(given) })
  }
  if (tenantId !== undefined) made = withTenant(made, tenantId)
  if (requestId !== undefined) made = withRequestId(made, requestId)
  return made
}

/** Sets what audit records of a request take from it; `audit.with()` wins, member by member. */
export function setAuditContext(context: Context, fields: OwnFields): void {
  setInScope(context, KEY, fields)
}

/** What audit records take from a context besides its tenant and the id of its request. */
export function auditContextOf(context: Context): OwnFields {
  return (getFromScope(context, KEY) as OwnFields | undefined) ?? NOTHING
}
