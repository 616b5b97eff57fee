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
  /** Default: the tenant of the current work, see `tenant.run()`. */
  readonly tenantId?: string | undefined
  /** Default: the id of the request that the work belongs to. */
  readonly requestId?: string | undefined
  readonly userAgent?: string | undefined
}

/** What differs from one record of an event to the next. What is left out of an {@link AuditContext} is taken from the context. */
export interface AuditFields<Details> extends AuditContext {
  /** Default `success`. */
  readonly outcome?: 'success' | 'failure' | 'unknown' | undefined
  /** What it was done to; `type` as the event declares it. */
  readonly target?: { readonly id: string; readonly type?: string | undefined } | undefined
  /** UUID of the record, which is stored once; a repetition is kept in `audit.conflicts`. Default: a new UUIDv7. */
  readonly id?: string | undefined
  /** When it happened. Default now. */
  readonly occurredAt?: Date | undefined
  /** Amounts belong here as decimal text: numbers lose digits. */
  readonly details?: Details | undefined
  /** What the promise waits for; the event's own when left out. */
  readonly durability?: Durability | undefined
}

const ACTOR_TYPES = ['user', 'service', 'system']
const OUTCOMES = ['success', 'failure', 'unknown']
const SOURCE_TYPES = ['ipv4', 'ipv6', 'hostname']
const DURABILITIES = ['spooled', 'stored']

/** The last millisecond whose nanoseconds fit a 64-bit integer of PostgreSQL, in 2262. */
const LAST_MILLIS = 9_223_372_036_854

const NIL = '00000000-0000-0000-0000-000000000000'

const A_TEXT = 'a text'
const AN_ACTOR = `one of ${ACTOR_TYPES.join(', ')}`

/** Everything that is wrong with the fields, the details apart; usually nothing. */
export function problemsOf(fields: AuditFields<unknown>): string[] {
  const { actor, target, source, id, occurredAt } = fields
  const problems: string[] = []
  must(problems, isFilledText(actor?.id), 'actor.id', 'a text that is not empty', actor?.id)
  must(problems, ACTOR_TYPES.includes(actor?.type as string), 'actor.type', AN_ACTOR, actor?.type)
  mayBeOneOf(problems, 'outcome', OUTCOMES, fields.outcome)
  mayBeOneOf(problems, 'durability', DURABILITIES, fields.durability)
  must(problems, id === undefined || isUsableId(id), 'id', 'a UUID', id)
  must(
    problems,
    occurredAt === undefined || isUsable(occurredAt),
    'occurredAt',
    'a valid Date from 1970 to 2262',
    occurredAt,
  )
  must(problems, !target || typeof target.id === 'string', 'target.id', A_TEXT, target?.id)
  must(problems, !source || typeof source.id === 'string', 'source.id', A_TEXT, source?.id)
  mayBeOneOf(problems, 'source.type', SOURCE_TYPES, source?.type)
  mayBeText(problems, 'target.type', target?.type)
  mayBeText(problems, 'tenantId', fields.tenantId)
  mayBeText(problems, 'requestId', fields.requestId)
  mayBeText(problems, 'userAgent', fields.userAgent)
  return problems
}

// No closures: this runs for each record, and is almost always content.
function must(
  problems: string[],
  holds: boolean,
  name: string,
  rule: string,
  value: unknown,
): void {
  if (!holds) problems.push(`"${name}" must be ${rule}; got ${showValue(value)}`)
}

function mayBeText(problems: string[], name: string, value: unknown): void {
  must(problems, value === undefined || typeof value === 'string', name, A_TEXT, value)
}

function mayBeOneOf(
  problems: string[],
  name: string,
  words: readonly string[],
  value: unknown,
): void {
  if (value === undefined || words.includes(value as string)) return
  must(problems, false, name, `one of ${words.join(', ')}`, value)
}

let isIP: ((id: string) => number) | undefined

/** `ipv4`, `ipv6` or `hostname`. */
export function sourceTypeOf(id: string): string {
  // Not imported: node:net must not be loaded before the module hooks are there.
  isIP ??= process.getBuiltinModule('node:net').isIP
  const family = isIP(id)
  return family === 4 ? 'ipv4' : family === 6 ? 'ipv6' : 'hostname'
}

function isUsable(date: Date | null): boolean {
  const millis: unknown = date?.getTime?.()
  // 0 is no time in OpenTelemetry, and there are none before.
  return typeof millis === 'number' && millis > 0 && millis <= LAST_MILLIS
}

/** Also not the nil UUID: it is no id, and the Collector would put the record aside that was promised to be stored. */
function isUsableId(id: unknown): boolean {
  return typeof id === 'string' && isUuid(id) && id !== NIL
}

function isFilledText(value: unknown): boolean {
  return typeof value === 'string' && value !== ''
}
