import { expectTypeOf } from 'expect-type'
import { z } from 'zod'
import {
  audit,
  defineAuditEvent,
  type AuditError,
  type AuditEvent,
  type AuditReceipt,
  type ErrorCode,
} from '../../src/index.ts'
import type { StandardSchema } from '../../src/audit/standard-schema.ts'

interface Claim {
  readonly amount: string
  readonly quiz?: number
}

/** What zod, valibot and arktype make of such a shape. */
declare const claim: StandardSchema<Claim>

const actor = { id: 'user-1', type: 'user' } as const

// The details of an event have the type that its schema puts out.
const rewardClaimed = defineAuditEvent({
  name: 'reward_claimed',
  action: 'claim_reward',
  details: claim,
})
expectTypeOf(rewardClaimed).toEqualTypeOf<AuditEvent<Claim>>()

expectTypeOf(
  audit.record(rewardClaimed, { actor, details: { amount: '12.50', quiz: 1 } }),
).resolves.toEqualTypeOf<AuditReceipt>()

// @ts-expect-error -- a number where the schema has text
void audit.record(rewardClaimed, { actor, details: { amount: 12.5 } })

// @ts-expect-error -- a member that the schema needs is missing
void audit.record(rewardClaimed, { actor, details: { quiz: 1 } })

// @ts-expect-error -- a member that the schema does not have
void audit.record(rewardClaimed, { actor, details: { amount: '12.50', colour: 'red' } })

// Without a schema the details are any object.
const loggedIn = defineAuditEvent({ name: 'logged_in', action: 'log_in' })
void audit.record(loggedIn, { actor, details: { method: 'passkey', attempts: 2 } })
void audit.record(loggedIn, { actor })

// @ts-expect-error -- details are no text
void audit.record(loggedIn, { actor, details: 'passkey' })

// Who did it may come from the context.
void audit.record(loggedIn, {})
void audit.record(loggedIn)
expectTypeOf(audit.with({ actor, requestId: 'r-1' }, () => 5)).toEqualTypeOf<number>()
expectTypeOf(audit.with({}, async () => 'x')).resolves.toEqualTypeOf<string>()

// @ts-expect-error -- a context has no outcome
audit.with({ outcome: 'success' }, () => undefined)

// With zod the caller gives what goes into the schema; what comes out is recorded, and may be erased.
const paid = defineAuditEvent({
  name: 'paid',
  action: 'PAY',
  details: z.object({ amount: z.string(), currency: z.string().default('XLM') }),
  erasable: ['currency'],
  durability: 'stored',
})
expectTypeOf(paid).toEqualTypeOf<AuditEvent<{ amount: string; currency?: string | undefined }>>()
void audit.record(paid, { actor, details: { amount: '1' }, durability: 'spooled' })

// @ts-expect-error -- zod wants a text
void audit.record(paid, { actor, details: { amount: 1 } })

defineAuditEvent({
  name: 'paid',
  action: 'PAY',
  details: z.object({ amount: z.string() }),
  // @ts-expect-error -- a detail that there is not
  erasable: ['email'],
})

// @ts-expect-error -- a durability that is none
void audit.record(paid, { actor, details: { amount: '1' }, durability: 'sent' })

// @ts-expect-error -- a kind of actor that is none
void audit.record(loggedIn, { actor: { id: 'user-1', type: 'robot' } })

// @ts-expect-error -- an outcome that is none
void audit.record(loggedIn, { actor, outcome: 'ok' })

// @ts-expect-error -- a field that is none
void audit.record(loggedIn, { actor, tenant: 'tenant-1' })

// @ts-expect-error -- an event is declared, not named
void audit.record('logged_in', { actor })

// @ts-expect-error -- an event has an action
defineAuditEvent({ name: 'logged_in' })

// @ts-expect-error -- an option that is none
defineAuditEvent({ name: 'logged_in', action: 'log_in', target: 'session' })

// A declared event cannot be changed.
// @ts-expect-error -- read-only
rewardClaimed.name = 'other'

// Errors are told apart by their code.
declare const error: AuditError
expectTypeOf(error.code).toEqualTypeOf<ErrorCode>()
expectTypeOf<'TELLTALE_AUDIT_UNAVAILABLE'>().toExtend<ErrorCode>()
