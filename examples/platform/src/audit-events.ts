import { audit, type AuditEvent, type AuditFields, defineAuditEvent, tenant } from 'telltale'
import { z } from 'zod'
import { metrics } from './metrics.ts'

export const vmStarted = defineAuditEvent({
  name: 'vm_started',
  action: 'START',
  targetType: 'virtual_machine',
  details: z.object({ node: z.string(), task: z.string() }),
})

export const budgetChanged = defineAuditEvent({
  name: 'budget_changed',
  action: 'UPDATE',
  targetType: 'budget',
  // Decimal text: numbers lose digits.
  details: z.object({ usd: z.string() }),
})

export const tenantRemoved = defineAuditEvent({
  name: 'tenant_removed',
  action: 'DELETE',
  targetType: 'tenant',
})

/** Somebody reached for what belongs to another tenant. */
export const policyViolated = defineAuditEvent({
  name: 'policy_violated',
  action: 'ACCESS',
  targetType: 'virtual_machine',
})

/** Records an event, and counts it: how much there is to audit is charted. */
export async function record<Details>(
  event: AuditEvent<Details>,
  fields: AuditFields<Details>,
): Promise<void> {
  await audit.record(event, fields)
  metrics.auditRecords.add(1, { tenant_id: tenant.current() ?? 'none' })
}
