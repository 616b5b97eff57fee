import type { AnyValue, LogRecord } from '@opentelemetry/api'
import { AuditError } from '../core/errors.ts'
import { createUuidV7, isUuid } from '../core/ids.ts'
import { toAuditValue } from './audit-value.ts'
import type { AuditEvent } from './define-audit-event.ts'
import { describeIssue } from './standard-schema.ts'

/** Who did it. */
export interface AuditActor {
  /** `anonymous` or `unknown` when there is no better. */
  readonly id: string
  readonly type: 'user' | 'service' | 'system'
}

/** What differs from one record of an event to the next. */
export interface AuditFields<Details> {
  readonly actor: AuditActor
  /** Default `success`. */
  readonly outcome?: 'success' | 'failure' | 'unknown' | undefined
  /** What it was done to; `type` as the event declares it. */
  readonly target?: { readonly id: string; readonly type?: string }
  /** Where it came from; the type of an IP address is found out. */
  readonly source?: { readonly id: string; readonly type?: 'ipv4' | 'ipv6' | 'hostname' }
  readonly tenantId?: string | undefined
  readonly requestId?: string | undefined
  readonly userAgent?: string | undefined
  /** UUID of the record. Give one to make a repeated call harmless; a UUIDv7 is made otherwise. */
  readonly id?: string | undefined
  /** When it happened. Default now. */
  readonly occurredAt?: Date | undefined
  /** Amounts belong here as decimal text: numbers lose digits. */
  readonly details?: Details | undefined
}

const ACTOR_TYPES = ['user', 'service', 'system']
const OUTCOMES = ['success', 'failure', 'unknown']
const SOURCE_TYPES = ['ipv4', 'ipv6', 'hostname']

/**
 * The OpenTelemetry log record for one audit event, in the attributes of the audit draft.
 *
 * @throws {AuditError} `TELLTALE_AUDIT_EVENT_INVALID`, with every problem listed
 */
export async function toAuditRecord<Details>(
  event: AuditEvent<Details>,
  given: AuditFields<Details>,
): Promise<{ readonly recordId: string; readonly record: LogRecord }> {
  // JavaScript may leave them out; then the mandatory ones are what is missing.
  const fields = (given as AuditFields<Details> | undefined) ?? ({} as AuditFields<Details>)
  const problems = checkFields(fields)
  const details = await readDetails(event, fields.details, problems)
  if (problems.length > 0) {
    throw new AuditError(
      'TELLTALE_AUDIT_EVENT_INVALID',
      `the audit event "${event.name}" was not recorded: ${problems.join('; ')}`,
    )
  }
  const recordId = (fields.id ?? createUuidV7(Date.now())).toLowerCase()
  const occurredAt = fields.occurredAt ?? new Date()
  const attributes: Record<string, AnyValue> = {
    'audit.record.id': recordId,
    'audit.actor.id': fields.actor.id,
    'audit.actor.type': fields.actor.type,
    'audit.action': event.action,
    'audit.outcome': fields.outcome ?? 'success',
    'audit.target.type': fields.target?.type ?? event.targetType,
    'audit.target.id': fields.target?.id,
    'audit.source.id': fields.source?.id,
    'audit.source.type': fields.source && (fields.source.type ?? sourceType(fields.source.id)),
    'audit.request.id': fields.requestId,
    tenant_id: fields.tenantId,
    'user_agent.original': fields.userAgent,
    'audit.details': details,
  }
  for (const [key, value] of Object.entries(attributes)) {
    if (value === undefined) delete attributes[key]
  }
  return {
    recordId,
    record: {
      eventName: event.name,
      timestamp: occurredAt,
      observedTimestamp: occurredAt,
      attributes,
    },
  }
}

function checkFields(fields: AuditFields<unknown>): string[] {
  const problems: string[] = []
  const must = (name: string, rule: string, value: unknown, holds: boolean): void => {
    if (!holds) problems.push(`"${name}" must be ${rule}; got ${show(value)}`)
  }
  const { actor, outcome, id, occurredAt } = fields
  must('actor.id', 'a text that is not empty', actor?.id, isFilledText(actor?.id))
  must(
    'actor.type',
    `one of ${ACTOR_TYPES.join(', ')}`,
    actor?.type,
    ACTOR_TYPES.includes(actor?.type),
  )
  must(
    'outcome',
    `one of ${OUTCOMES.join(', ')}`,
    outcome,
    outcome === undefined || OUTCOMES.includes(outcome),
  )
  must('id', 'a UUID', id, id === undefined || (typeof id === 'string' && isUuid(id)))
  must(
    'occurredAt',
    'a valid Date',
    occurredAt,
    occurredAt === undefined || Number.isFinite((occurredAt as Date | null)?.getTime?.()),
  )
  const { target, source } = fields
  must('target.id', 'a text', target?.id, !target || typeof target.id === 'string')
  must('source.id', 'a text', source?.id, !source || typeof source.id === 'string')
  must(
    'source.type',
    `one of ${SOURCE_TYPES.join(', ')}`,
    source?.type,
    source?.type === undefined || SOURCE_TYPES.includes(source.type),
  )
  const texts = {
    'target.type': target?.type,
    tenantId: fields.tenantId,
    requestId: fields.requestId,
    userAgent: fields.userAgent,
  }
  for (const [name, value] of Object.entries(texts)) {
    must(name, 'a text', value, value === undefined || typeof value === 'string')
  }
  return problems
}

async function readDetails<Details>(
  event: AuditEvent<Details>,
  given: Details | undefined,
  problems: string[],
): Promise<Record<string, AnyValue> | undefined> {
  try {
    let details: unknown = given
    if (event.details) {
      const result = await event.details['~standard'].validate(given ?? {})
      if (result.issues) {
        problems.push(...result.issues.map((issue) => `details ${describeIssue(issue)}`))
        return undefined
      }
      details = result.value
    }
    if (details === undefined) return undefined
    const value = toAuditValue(details)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      return value as Record<string, AnyValue>
    }
    problems.push(
      `"details" must be an object; got ${Array.isArray(value) ? 'a list' : typeof value}`,
    )
    return undefined
  } catch (error) {
    problems.push(error instanceof Error ? error.message : String(error))
    return undefined
  }
}

/** The value in a message; whatever it is, it must not stop the message. */
function show(value: unknown): string {
  if (value === undefined) return 'nothing'
  if (typeof value === 'bigint') return value.toString()
  try {
    return JSON.stringify(value) ?? typeof value
  } catch {
    return typeof value
  }
}

function isFilledText(value: unknown): boolean {
  return typeof value === 'string' && value !== ''
}

function sourceType(id: string): string {
  // Not imported: node:net must not be loaded before the module hooks are there.
  const family = process.getBuiltinModule('node:net').isIP(id)
  return family === 4 ? 'ipv4' : family === 6 ? 'ipv6' : 'hostname'
}
