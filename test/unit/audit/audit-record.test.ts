import { describe, expect, test } from 'vitest'
import { toAuditRecord, type AuditFields } from '../../../src/audit/audit-record.ts'
import { defineAuditEvent } from '../../../src/audit/define-audit-event.ts'
import type { StandardResult, StandardSchema } from '../../../src/audit/standard-schema.ts'
import { AuditError } from '../../../src/core/errors.ts'

const event = defineAuditEvent({
  name: 'reward_claimed',
  action: 'claim_reward',
  targetType: 'quiz_submission',
})
const actor = { id: 'user-1', type: 'user' } as const
const id = '017f22e2-79b0-7cc3-98c4-dc0c0c07398f'

/** The attributes of the record that these fields make. */
async function attributesOf(fields: AuditFields<Record<string, unknown>>) {
  const { record } = await toAuditRecord(event, fields)
  return record.attributes
}

/** The message of the error that these fields are refused with. */
async function refusalOf(fields: unknown, of: typeof event = event): Promise<string> {
  const error: unknown = await toAuditRecord(of, fields as AuditFields<never>).then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  expect(error).toBeInstanceOf(AuditError)
  expect((error as AuditError).code).toBe('TELLTALE_AUDIT_EVENT_INVALID')
  return (error as AuditError).message
}

describe('the record', () => {
  test('has every field under the name of the audit draft', async () => {
    const occurredAt = new Date('2026-02-03T04:05:06.789Z')
    const { recordId, record } = await toAuditRecord(event, {
      id: id.toUpperCase(),
      actor,
      outcome: 'failure',
      target: { id: 'submission-9' },
      source: { id: '192.0.2.7' },
      tenantId: 'tenant-1',
      requestId: 'request-1',
      userAgent: 'curl/8',
      occurredAt,
      details: { amount: '12.50', count: 3n },
    })

    expect(recordId).toBe(id)
    expect(record).toEqual({
      eventName: 'reward_claimed',
      timestamp: occurredAt,
      observedTimestamp: occurredAt,
      attributes: {
        'audit.record.id': id,
        'audit.actor.id': 'user-1',
        'audit.actor.type': 'user',
        'audit.action': 'claim_reward',
        'audit.outcome': 'failure',
        'audit.target.type': 'quiz_submission',
        'audit.target.id': 'submission-9',
        'audit.source.id': '192.0.2.7',
        'audit.source.type': 'ipv4',
        'audit.request.id': 'request-1',
        tenant_id: 'tenant-1',
        'user_agent.original': 'curl/8',
        'audit.details': { amount: '12.50', count: '3' },
      },
    })
  })

  test('has a UUIDv7, the present time and success unless told otherwise', async () => {
    const before = Date.now()
    const { recordId, record } = await toAuditRecord(event, { actor })

    expect(recordId).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7/)
    expect((record.timestamp as Date).getTime()).toBeGreaterThanOrEqual(before)
    expect(record.attributes).toEqual({
      'audit.record.id': recordId,
      'audit.actor.id': 'user-1',
      'audit.actor.type': 'user',
      'audit.action': 'claim_reward',
      'audit.outcome': 'success',
      'audit.target.type': 'quiz_submission',
    })
  })

  test('has the type of the target that is given with it', async () => {
    expect(await attributesOf({ actor, target: { id: 'x', type: 'quiz' } })).toMatchObject({
      'audit.target.type': 'quiz',
      'audit.target.id': 'x',
    })
  })

  test.each([
    ['192.0.2.7', 'ipv4'],
    ['2001:db8::1', 'ipv6'],
    ['::ffff:192.0.2.7', 'ipv6'],
    ['build-7.example', 'hostname'],
    ['300.0.0.1', 'hostname'],
  ])('finds out that the source %s is of type %s', async (source, type) => {
    expect(await attributesOf({ actor, source: { id: source } })).toMatchObject({
      'audit.source.id': source,
      'audit.source.type': type,
    })
  })

  test('leaves the type of the source that is given alone', async () => {
    expect(
      await attributesOf({ actor, source: { id: '192.0.2.7', type: 'hostname' } }),
    ).toMatchObject({ 'audit.source.type': 'hostname' })
  })
})

describe('what is wrong is named', () => {
  const ACTOR_TYPE = '"actor.type" must be one of user, service, system'

  test.each<[string, unknown, string]>([
    [
      'an empty actor',
      { actor: { id: '', type: 'user' } },
      '"actor.id" must be a text that is not empty; got ""',
    ],
    [
      'an actor that is a number',
      { actor: { id: 5, type: 'user' } },
      '"actor.id" must be a text that is not empty; got 5',
    ],
    [
      'an actor that is a big integer',
      { actor: { id: 5n, type: 'user' } },
      '"actor.id" must be a text that is not empty; got 5',
    ],
    [
      'no actor',
      {},
      `"actor.id" must be a text that is not empty; got nothing; ${ACTOR_TYPE}; got nothing`,
    ],
    [
      'a kind of actor that is none',
      { actor: { id: 'x', type: 'robot' } },
      `${ACTOR_TYPE}; got "robot"`,
    ],
    [
      'an outcome that is none',
      { actor, outcome: 'ok' },
      '"outcome" must be one of success, failure, unknown; got "ok"',
    ],
    ['an id that is no UUID', { actor, id: 'claim-1' }, '"id" must be a UUID; got "claim-1"'],
    ['an id that is no text', { actor, id: 5 }, '"id" must be a UUID; got 5'],
    [
      'a time that is none',
      { actor, occurredAt: new Date(Number.NaN) },
      '"occurredAt" must be a valid Date; got null',
    ],
    [
      'a time as text',
      { actor, occurredAt: '2026-02-03' },
      '"occurredAt" must be a valid Date; got "2026-02-03"',
    ],
    [
      'a time that is null',
      { actor, occurredAt: null },
      '"occurredAt" must be a valid Date; got null',
    ],
    ['a target without text', { actor, target: { id: 5 } }, '"target.id" must be a text; got 5'],
    [
      'a target whose type is no text',
      { actor, target: { id: 'x', type: 5 } },
      '"target.type" must be a text; got 5',
    ],
    [
      'a source that is a number',
      { actor, source: { id: 5 } },
      '"source.id" must be a text; got 5',
    ],
    [
      'a source whose type is none',
      { actor, source: { id: 'x', type: 'ip' } },
      '"source.type" must be one of ipv4, ipv6, hostname; got "ip"',
    ],
    ['a tenant that is a number', { actor, tenantId: 5 }, '"tenantId" must be a text; got 5'],
    ['a tenant that is a big integer', { actor, tenantId: 5n }, '"tenantId" must be a text; got 5'],
    ['a request that is a number', { actor, requestId: 5 }, '"requestId" must be a text; got 5'],
    [
      'a user agent that is a list',
      { actor, userAgent: ['x'] },
      '"userAgent" must be a text; got ["x"]',
    ],
    [
      'details that cannot be carried',
      { actor, details: { a: () => 1 } },
      '"details.a" must be plain data; got function',
    ],
    ['a target without id', { actor, target: {} }, '"target.id" must be a text; got nothing'],
    ['a source without id', { actor, source: {} }, '"source.id" must be a text; got nothing'],
    [
      'a request that is a function',
      { actor, requestId: () => 1 },
      '"requestId" must be a text; got function',
    ],
  ])('%s', async (_title, fields, problem) => {
    expect(await refusalOf(fields)).toBe(
      `the audit event "reward_claimed" was not recorded: ${problem}`,
    )
  })

  test('all at once', async () => {
    const message = await refusalOf({ actor: { id: '', type: 'user' }, outcome: 'ok', tenantId: 5 })

    expect(message.split('; ')).toHaveLength(6)
  })

  test.each([undefined, null, 'x'])('fields that are %j', async (fields) => {
    expect(await refusalOf(fields)).toContain('"actor.id" must be a text that is not empty')
  })
})

interface Claim {
  readonly amount: string
}

/** A validator as zod, valibot and arktype have it: `amount` must be there, and loses its spaces. */
function check(value: unknown): StandardResult<Claim> {
  const amount = (value as { amount?: unknown } | undefined)?.amount
  if (typeof amount !== 'string') {
    return { issues: [{ message: 'Required', path: ['claim', { key: 'amount' }] }] }
  }
  return { value: { amount: amount.trim() } }
}

const standard = (
  validate: (value: unknown) => StandardResult<Claim> | Promise<StandardResult<Claim>>,
): StandardSchema<Claim> => ({ '~standard': { version: 1, vendor: 'test', validate } })

describe.each([
  ['a validator that answers at once', standard(check)],
  ['a validator that answers later', standard(async (value) => check(value))],
])('%s', (_title, details) => {
  const claimed = defineAuditEvent({ name: 'reward_claimed', action: 'claim_reward', details })

  test('has its output recorded, not what was given', async () => {
    const { record } = await toAuditRecord(claimed, { actor, details: { amount: ' 12.50 ' } })

    expect(record.attributes).toMatchObject({ 'audit.details': { amount: '12.50' } })
  })

  test('has each issue named with its path', async () => {
    expect(await refusalOf({ actor, details: {} }, claimed as never)).toBe(
      'the audit event "reward_claimed" was not recorded: details claim.amount: Required',
    )
  })

  test('also sees details that were left out', async () => {
    expect(await refusalOf({ actor }, claimed as never)).toContain('claim.amount: Required')
  })

  test('does not hide what else is wrong', async () => {
    const message = await refusalOf({ actor, outcome: 'ok', details: {} }, claimed as never)

    expect(message).toContain('"outcome" must be one of')
    expect(message).toContain('claim.amount: Required')
  })
})

describe('a validator that breaks', () => {
  const thrown = new Error('validator is broken')

  test.each([
    [
      'by throwing',
      standard(() => {
        throw thrown
      }),
    ],
    ['by rejecting', standard(() => Promise.reject(thrown))],
  ])('%s is a reason not to record', async (_title, details) => {
    const claimed = defineAuditEvent({ name: 'reward_claimed', action: 'claim', details })

    expect(await refusalOf({ actor }, claimed as never)).toContain('validator is broken')
  })
})
