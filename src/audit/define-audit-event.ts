import { ConfigError } from '../core/errors.ts'
import { showValue } from '../core/show-value.ts'
import type { Durability } from './audit-trail.ts'
import type { StandardSchema } from './standard-schema.ts'

/** What is fixed of an audit event; what differs each time is given to `audit.record()`. */
export interface AuditEventOptions<Details, Recorded = Details> {
  /** Name of the event, such as `reward_claimed`. */
  readonly name: string
  /** What was done, such as `CLAIM`: the audit draft of OpenTelemetry has verbs in capitals. */
  readonly action: string
  /** Kind of thing it is done to, such as `quiz_submission`. */
  readonly targetType?: string | undefined
  /** Validator of the details: any Standard Schema, such as a zod object. What it puts out is what is recorded. */
  readonly details?: StandardSchema<Details, Recorded> | undefined
  /**
   * Details of people: recorded beside the evidence, which has only a salted hash of them. They can be erased later, and the
   * record stays provable.
   */
  readonly erasable?: readonly (keyof NoInfer<Recorded> & string)[] | undefined
  /** What `audit.record()` waits for: `spooled` (default) for the disk, `stored` for the commit in PostgreSQL. */
  readonly durability?: Durability | undefined
  /** Version of the details' shape, recorded as `audit.schema.version`. */
  readonly schemaVersion?: string | undefined
}

/** What is known of an event before it happens. */
export interface DeclaredEvent {
  readonly name: string
  readonly action: string
  readonly targetType?: string | undefined
  readonly erasable?: readonly string[] | undefined
  readonly durability?: Durability | undefined
  readonly schemaVersion?: string | undefined
}

/** A declared audit event, to be given to `audit.record()`. */
export interface AuditEvent<Details> extends DeclaredEvent {
  readonly details?: StandardSchema<Details, unknown> | undefined
}

/** Details of an event that was declared without a schema. */
export type AnyDetails = Readonly<Record<string, unknown>>

const OPTIONS = [
  'name',
  'action',
  'targetType',
  'details',
  'erasable',
  'durability',
  'schemaVersion',
]

/**
 * Declares an audit event.
 *
 * @throws {ConfigError} `TELLTALE_CONFIG_INVALID`, with every problem listed
 */
export function defineAuditEvent<Details = AnyDetails, Recorded = Details>(
  options: AuditEventOptions<Details, Recorded>,
): AuditEvent<Details> {
  const problems = problemsOf({ ...options })
  if (problems.length > 0) throw new ConfigError(problems)
  const { erasable } = options
  return Object.freeze({ ...options, ...(erasable && { erasable: Object.freeze([...erasable]) }) })
}

function problemsOf(options: Partial<Record<string, unknown>>): string[] {
  const { name, action, targetType, details, erasable, durability, schemaVersion } = options
  const problems = Object.keys(options)
    .filter((key) => !OPTIONS.includes(key))
    .map((key) => `an audit event has no option "${key}"; it has ${OPTIONS.join(', ')}`)
  const must = (key: string, rule: string, value: unknown, holds: boolean): void => {
    if (holds) return
    problems.push(`"${key}" of an audit event must be ${rule}; got ${showValue(value)}`)
  }
  for (const [key, value] of Object.entries({ name, action })) {
    const holds = typeof value === 'string' && value.trim() !== '' && value.length <= 256
    must(key, 'a text of 1 to 256 characters', value, holds)
  }
  // What the trail says about itself decides whether a missing number is explained.
  const isOwn = typeof name === 'string' && name.startsWith('telltale.audit.')
  must('name', 'another than those beginning with "telltale.audit."', name, !isOwn)
  for (const [key, value] of Object.entries({ targetType, schemaVersion })) {
    must(key, 'a text', value, value === undefined || typeof value === 'string')
  }
  must(
    'durability',
    'spooled or stored',
    durability,
    [undefined, 'spooled', 'stored'].includes(durability as string),
  )
  const isList = Array.isArray(erasable) && erasable.every((key) => typeof key === 'string')
  must('erasable', 'a list of names of details', erasable, erasable === undefined || isList)
  must('details', 'a Standard Schema', details, details === undefined || isSchema(details))
  return problems
}

function isSchema(value: unknown): boolean {
  const standard = (value as Partial<StandardSchema> | null | undefined)?.['~standard']
  return typeof standard?.validate === 'function'
}
