import { context, diag, propagation, type Context } from '@opentelemetry/api'
import { baggageEntryOf, setBaggageEntry } from '../propagation/propagation.ts'
import { showValue } from '../core/show-value.ts'
import { isTenantId } from './tenant-id.ts'

export { isTenantId } from './tenant-id.ts'

/** The entry of the baggage that names the tenant, and the attribute on spans, log records and audit records. */
export const TENANT_KEY = 'tenant_id'

/** The tenant that the current work is done for. */
export interface Tenant {
  /**
   * Runs `work` for a tenant: its spans, log records and audit records carry `tenant_id`.
   *
   * An id that cannot be one is reported once, and `work` runs for no tenant: never for the one outside.
   *
   * @param id - 1 to 128 letters, digits and `!_.*'()-`; `undefined` for work that is nobody's
   */
  run<Result>(id: string | undefined, work: () => Result): Result
  /** The tenant of the current work. */
  current(): string | undefined
}

/** The tenant that the current work is done for. */
export const tenant: Tenant = {
  run: (id, work) => context.with(withTenant(context.active(), id), work),
  current: () => tenantOf(context.active()),
}

/** The tenant of a context: the baggage entry `tenant_id`, if it can be one. */
export function tenantOf(context: Context): string | undefined {
  const id = baggageEntryOf(context, TENANT_KEY)?.value
  return isTenantId(id) ? id : undefined
}

/** A context for the work of a tenant; for nobody's, when `id` is none or cannot be one. */
export function withTenant(context: Context, id: unknown): Context {
  const usable = isTenantId(id)
  if (!usable && id !== undefined) reportUnusable(id)
  const baggage = propagation.getBaggage(context) ?? propagation.createBaggage()
  // An empty entry, not none: it hides the tenant of the request.
  return propagation.setBaggage(context, baggage.setEntry(TENANT_KEY, { value: usable ? id : '' }))
}

/** Makes all work of the request that a context belongs to that of a tenant; nothing for an id that cannot be one. */
export function setTenant(context: Context, id: unknown): void {
  if (isTenantId(id)) setBaggageEntry(context, TENANT_KEY, id)
  else if (id !== undefined && id !== null) reportUnusable(id)
}

function reportUnusable(id: unknown): void {
  diag.warn(
    `a tenant id must be 1 to 128 letters, digits and !_.*'()-; its work runs without a tenant`,
    `(got ${showValue(id).slice(0, 200)})`,
  )
}
