import { createContextKey, propagation, type Context } from '@opentelemetry/api'
import type { AuditContext } from './audit-fields.ts'

const KEY = createContextKey('telltale audit context')

/** A context whose audit records take from `fields` what they do not say themselves; fields that are undefined change nothing. */
export function withAuditContext(context: Context, fields: AuditContext): Context {
  const given = Object.entries(fields).filter(([, value]) => value !== undefined)
  return context.setValue(KEY, { ...read(context), ...Object.fromEntries(given) })
}

/** What audit records take from a context. */
export function auditContextOf(context: Context): AuditContext {
  const fields = read(context)
  if (fields?.tenantId !== undefined) return fields
  const tenantId = propagation.getBaggage(context)?.getEntry('tenant_id')?.value
  return tenantId === undefined ? (fields ?? NOTHING) : { ...fields, tenantId }
}

const NOTHING: AuditContext = {}

function read(context: Context): AuditContext | undefined {
  return context.getValue(KEY) as AuditContext | undefined
}
