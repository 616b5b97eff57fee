import { ConfigError } from '../core/errors.ts'
import type { StandardSchema } from './standard-schema.ts'

/** What is fixed of an audit event; what differs each time is given to `audit.record()`. */
export interface AuditEventOptions<Details> {
  /** Name of the event, such as `reward_claimed`. */
  readonly name: string
  /** What was done, such as `claim_reward`. */
  readonly action: string
  /** Kind of thing it is done to, such as `quiz_submission`. */
  readonly targetType?: string
  /** Validator of the details: any Standard Schema, such as a zod object. */
  readonly details?: StandardSchema<Details>
}

/** A declared audit event, to be given to `audit.record()`. */
export interface AuditEvent<Details> extends AuditEventOptions<Details> {}

/** Details of an event that was declared without a schema. */
export type AnyDetails = Readonly<Record<string, unknown>>

/**
 * Declares an audit event.
 *
 * @throws {ConfigError} `TELLTALE_CONFIG_INVALID` when the name or the action is empty or longer than 256 characters
 */
export function defineAuditEvent<Details = AnyDetails>(
  options: AuditEventOptions<Details>,
): AuditEvent<Details> {
  const problems = (['name', 'action'] as const).flatMap((key) => {
    const value: unknown = options[key]
    if (typeof value === 'string' && value.trim() !== '' && value.length <= 256) return []
    return [
      `"${key}" of an audit event must be a text of 1 to 256 characters; got ${JSON.stringify(value)}`,
    ]
  })
  if (problems.length > 0) throw new ConfigError(problems)
  return Object.freeze({ ...options })
}
