import { isUuid } from '../core/ids.ts'
import { showValue } from '../core/show-value.ts'
import type { Durability } from './audit-trail.ts'

/** Who did it. */
export interface AuditActor {
  /** `anonymous` or `unknown` when there is no better. */
  readonly id: string
  readonly type: 'user' | 'service' | 'system'
}

/** Where it came from; the type of an IP address is found out. */
export interface AuditSource {
  readonly id: string
  readonly type?: 'ipv4' | 'ipv6' | 'hostname' | undefined
}

/** What a piece of work knows of itself: given once with `audit.with()`, it need not be repeated in each record. */
export interface AuditContext {
  readonly actor?: AuditActor | undefined
  readonly source?: AuditSource | undefined
  /** Default: the entry `tenant_id` of the baggage. */
  readonly tenantId?: string | undefined
  readonly requestId?: string | undefined
  readonly userAgent?: string | undefined
}

/** What differs from one record of an event to the next. What is left out of an {@link AuditContext} is taken from the context. */
export interface AuditFields<Details> extends AuditContext {
  /** Default `success`. */
  readonly outcome?: 'success' | 'failure' | 'unknown' | undefined
  /** What it was done to; `type` as the event declares it. */
  readonly target?: { readonly id: string; readonly type?: string | undefined } | undefined
  /** UUID of the record. Give one to make a repeated call harmless; a UUIDv7 is made otherwise. */
  readonly id?: string | undefined
  /** When it happened. Default now. */
  readonly occurredAt?: Date | undefined
  /** Amounts belong here as decimal text: numbers lose digits. */
  readonly details?: Details | undefined
  /** What the promise waits for; the event's own when left out. */
  readonly durability?: Durability | undefined
}

const ACTOR_TYPES = ['user', 'service', 'system']
const MUST_BE_ACTOR_TYPE = `one of ${ACTOR_TYPES.join(', ')}`
const OUTCOMES = ['success', 'failure', 'unknown']
const SOURCE_TYPES = ['ipv4', 'ipv6', 'hostname']
const DURABILITIES = ['spooled', 'stored']

/** The last millisecond whose nanoseconds fit a 64-bit integer of PostgreSQL, in 2262. */
const LAST_MILLIS = 9_223_372_036_854

/** Everything that is wrong with the fields, the details apart; usually nothing. */
export function problemsOf(fields: AuditFields<unknown>): string[] {
  const problems: string[] = []
  const must = (name: string, rule: string, value: unknown, holds: boolean): void => {
    if (!holds) problems.push(`"${name}" must be ${rule}; got ${showValue(value)}`)
  }
  const mayBeOneOf = (name: string, words: readonly string[], value: unknown): void => {
    if (value === undefined || words.includes(value as string)) return
    must(name, `one of ${words.join(', ')}`, value, false)
  }
  const mayBeText = (name: string, value: unknown): void => {
    must(name, 'a text', value, value === undefined || typeof value === 'string')
  }
  const { actor, target, source, id, occurredAt } = fields
  must('actor.id', 'a text that is not empty', actor?.id, isFilledText(actor?.id))
  if (actor?.type === undefined) must('actor.type', MUST_BE_ACTOR_TYPE, undefined, false)
  mayBeOneOf('actor.type', ACTOR_TYPES, actor?.type)
  mayBeOneOf('outcome', OUTCOMES, fields.outcome)
  mayBeOneOf('durability', DURABILITIES, fields.durability)
  must('id', 'a UUID', id, id === undefined || (typeof id === 'string' && isUuid(id)))
  must(
    'occurredAt',
    'a valid Date from 1970 to 2262',
    occurredAt,
    occurredAt === undefined || isUsable(occurredAt),
  )
  must('target.id', 'a text', target?.id, !target || typeof target.id === 'string')
  must('source.id', 'a text', source?.id, !source || typeof source.id === 'string')
  mayBeOneOf('source.type', SOURCE_TYPES, source?.type)
  mayBeText('target.type', target?.type)
  mayBeText('tenantId', fields.tenantId)
  mayBeText('requestId', fields.requestId)
  mayBeText('userAgent', fields.userAgent)
  return problems
}

let net: typeof import('node:net') | undefined

/** `ipv4`, `ipv6` or `hostname`. */
export function sourceTypeOf(id: string): string {
  // Not imported: node:net must not be loaded before the module hooks are there.
  net ??= process.getBuiltinModule('node:net')
  const family = net.isIP(id)
  return family === 4 ? 'ipv4' : family === 6 ? 'ipv6' : 'hostname'
}

function isUsable(date: Date | null): boolean {
  const millis: unknown = date?.getTime?.()
  // 0 is no time in OpenTelemetry, and there are none before.
  return typeof millis === 'number' && millis > 0 && millis <= LAST_MILLIS
}

function isFilledText(value: unknown): boolean {
  return typeof value === 'string' && value !== ''
}
