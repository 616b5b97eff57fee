import { runInNewContext } from 'node:vm'
import {
  ROOT_CONTEXT,
  context,
  propagation,
  trace,
  type Context,
  type SpanContext,
} from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { withAuditContext } from '../../../src/audit/audit-context.ts'
import { toLogRecord } from '../../support/audit/to-log-record.ts'
import type { AuditFields } from '../../../src/audit/audit-fields.ts'
import { defineAuditEvent, type AuditEvent } from '../../../src/audit/define-audit-event.ts'
import { evidenceOfLogRecord, type EmittedRecord } from '../../../src/audit/evidence.ts'
import type { MadeRecord } from '../../../src/audit/made-record.ts'
import {
  prepareOwnRecord,
  prepareRecord,
  type PreparedRecord,
} from '../../../src/audit/prepared-record.ts'
import type { StandardResult, StandardSchema } from '../../../src/audit/standard-schema.ts'
import { AuditError } from '../../../src/core/errors.ts'
import { createRedaction } from '../../../src/core/redaction.ts'
import { withTenant } from '../../../src/tenancy/tenancy.ts'
import { toPlainMembers } from '../../support/audit/plain-values.ts'
import { toOtlpInput, toOtlpMembers } from '../../support/audit/otlp-from-plain.ts'
import {
  referenceAnnex,
  referenceEvidence,
  sha256,
} from '../../support/audit/reference-evidence.ts'
import { readReference } from '../../support/audit/reference-reader.ts'
import { anyMembers, anyText } from '../support/arbitrary-records.ts'
import { toMadeRecord } from '../support/to-made-record.ts'

beforeAll(() => void context.setGlobalContextManager(new AsyncLocalStorageContextManager()))
afterAll(() => context.disable())

/** Runs `work` where `active` is the context. */
const withActive = <Result>(active: Context, work: () => Result): Result =>
  context.with(active, work)

const toOtlpText = (members: object): string => JSON.stringify(toOtlpMembers(members))

const event = defineAuditEvent({
  name: 'reward_claimed',
  action: 'claim_reward',
  targetType: 'quiz_submission',
})
const actor = { id: 'user-1', type: 'user' } as const
const id = '017f22e2-79b0-7cc3-98c4-dc0c0c07398f'

const origin = {
  resource: { attributes: { 'service.name': 'rewards-api' } },
  redaction: createRedaction(['nickname']),
}
const place = {
  streamId: '019a9d3c-0000-7000-8000-000000000001',
  sequence: 7,
  previousHash: 'ab'.repeat(32),
}
const PLACE = {
  'audit.stream.id': place.streamId,
  'audit.sequence.number': 7n,
  'audit.sequence.prev_hash': place.previousHash,
}

/** The record that these fields make. */
async function make<Details>(
  of: AuditEvent<Details>,
  fields: AuditFields<Details>,
): Promise<MadeRecord> {
  const prepared = await prepareRecord(of, fields, origin)
  return toMadeRecord(prepared.make(place))
}

/** The evidence of a record, read back. */
function read({ evidence }: MadeRecord) {
  const { resource, scope, record } = readReference(evidence)
  return { resource, scope, record, attributes: toPlainMembers(record.attributes) }
}

/** The attributes of the record that these fields make. */
async function attributesOf(fields: AuditFields<Record<string, unknown>>) {
  return read(await make(event, fields)).attributes
}

/** The message of the error that these fields are refused with. */
async function refusalOf(fields: unknown, of: typeof event = event): Promise<string> {
  const error: unknown = await make(of, fields as AuditFields<never>).then(
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
    const made = await make(event, {
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

    expect(made).toMatchObject({
      recordId: id,
      eventName: 'reward_claimed',
      timeUnixNano: 1_770_091_506_789_000_000n,
    })
    const { resource, scope, record, attributes } = read(made)
    expect(toPlainMembers(resource.attributes)).toEqual({ 'service.name': 'rewards-api' })
    expect(scope).toEqual({})
    expect({ ...record, attributes }).toEqual({
      eventName: 'reward_claimed',
      timeUnixNano: '1770091506789000000',
      attributes: {
        ...PLACE,
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
    const before = BigInt(Date.now()) * 1_000_000n
    const made = await make(event, { actor })

    expect(made.recordId).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7/)
    expect(made.timeUnixNano).toBeGreaterThanOrEqual(before)
    expect(read(made).attributes).toEqual({
      ...PLACE,
      'audit.record.id': made.recordId,
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

describe('the evidence', () => {
  const withAll = fc.record(
    {
      actor: fc.record({
        id: anyText.filter((text) => text !== ''),
        type: fc.constantFrom('user', 'service', 'system'),
      }),
      outcome: fc.constantFrom('success', 'failure', 'unknown'),
      target: fc.record({ id: anyText, type: anyText }),
      source: fc.record({ id: anyText }),
      tenantId: anyText,
      requestId: anyText,
      userAgent: anyText,
      id: fc.uuid(),
      occurredAt: fc.date({ min: new Date(1), max: new Date('2262-04-11'), noInvalidDate: true }),
      // NaN and its like are refused in details.
      details: anyMembers.filter((members) => !/"doubleValue":"/.test(toOtlpText(members))),
    },
    { requiredKeys: ['actor', 'occurredAt', 'id'] },
  )
  const plainOrigin = {
    ...origin,
    redaction: { isSecret: () => false, text: String, isPlain: () => false },
  }
  const spanContext = {
    traceId: '0af7651916cd43dd8448eb211c80319c',
    spanId: 'b7ad6b7169203331',
    traceFlags: 1,
  }

  test('of a declared event is that of the same record from the plain way, and of the reference', () => {
    fc.assert(
      fc.property(withAll, fc.boolean(), anyText, (fields, inSpan, schemaVersion) => {
        const declared = defineAuditEvent({ name: 'a "name"', action: 'ACT\n', schemaVersion })
        const inContext = inSpan ? trace.setSpanContext(ROOT_CONTEXT, spanContext) : ROOT_CONTEXT
        const prepared = withActive(inContext, () =>
          prepareRecord(declared, fields as AuditFields<object>, plainOrigin),
        ) as PreparedRecord
        const made = toMadeRecord(prepared.make(place))

        const nanos = BigInt(fields.occurredAt.getTime()) * 1_000_000n
        const emitted: EmittedRecord = {
          hrTime: [Number(nanos / 1_000_000_000n), Number(nanos % 1_000_000_000n)],
          hrTimeObserved: [1, 1],
          eventName: declared.name,
          attributes: toLogRecord(declared, prepared).attributes!,
          droppedAttributesCount: 0,
          instrumentationScope: { name: '' },
          resource: origin.resource,
          spanContext: inSpan ? spanContext : undefined,
        }
        const general = evidenceOfLogRecord(emitted, place, plainOrigin.redaction)
        const reference = referenceEvidence(
          toOtlpInput({
            ...emitted,
            attributes: {
              ...emitted.attributes,
              'audit.stream.id': place.streamId,
              'audit.sequence.number': place.sequence,
              'audit.sequence.prev_hash': place.previousHash,
            },
          }),
        )
        expect(String(made.evidence)).toBe(reference)
        expect(general).toEqual(made)
      }),
    )
  }, 60_000)
})

describe('details that may be erased', () => {
  const signedUp = defineAuditEvent({
    name: 'signed_up',
    action: 'SIGN_UP',
    erasable: ['email', 'password'],
  })
  const details = { email: 'ann@example.com', plan: 'free', password: 'hunter2' }

  test('are beside the evidence, which has their salted hash', async () => {
    const made = await make(signedUp, { actor, details })
    const { attributes } = read(made)

    expect(attributes['audit.details']).toEqual({ plan: 'free' })
    expect(String(made.evidence)).not.toContain('ann@')
    expect(String(made.annex!.bytes)).toBe(
      referenceAnnex([
        { key: 'email', value: { stringValue: 'ann@example.com' } },
        // Also there no secret is kept.
        { key: 'password', value: { stringValue: '[redacted]' } },
      ]),
    )
    expect(made.annex!.salt).toHaveLength(32)
    expect(attributes['audit.annex.hash']).toBe(
      sha256(Buffer.concat([made.annex!.salt, made.annex!.bytes])),
    )
  })

  test('have another salt each time', async () => {
    const salts = await Promise.all(
      [1, 2].map(async () => (await make(signedUp, { actor, details })).annex!.salt),
    )

    expect(salts[0]).not.toEqual(salts[1])
  })

  test.each([undefined, {}, { plan: 'free' }, { email: undefined }])(
    'need no annex when they are %j',
    async (given) => {
      const made = await make(signedUp, { actor, details: given! })

      expect(made.annex).toBeUndefined()
      expect(read(made).attributes).not.toHaveProperty('audit.annex.hash')
    },
  )
})

describe('secrets', () => {
  test('are in no field and no detail', async () => {
    const jwt = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl'
    const made = await make(event, {
      actor: { id: jwt, type: 'user' },
      target: { id: `Bearer ${jwt}`, type: `of ${jwt}` },
      source: { id: jwt },
      tenantId: jwt,
      requestId: jwt,
      userAgent: `agent ${jwt}`,
      details: {
        authorization: 'Basic YTpi',
        Set_Cookie: ['a', 'b'],
        nested: [{ 'X-API-Key': 5, nickname: 'Annie', note: `see ${jwt} there` }],
        password: null,
        card: 4_111_111_111_111_111n,
        [`of ${jwt}`]: 'session',
        z: { [jwt]: 'session', a: '1', Z: '2' },
      },
    })

    expect(read(made).attributes).toMatchObject({
      'audit.actor.id': '[redacted]',
      'audit.target.id': 'Bearer [redacted]',
      'audit.target.type': 'of [redacted]',
      'user_agent.original': 'agent [redacted]',
      'audit.details': {
        authorization: '[redacted]',
        Set_Cookie: '[redacted]',
        nested: [
          { 'X-API-Key': '[redacted]', nickname: '[redacted]', note: 'see [redacted] there' },
        ],
        password: null,
        card: '[redacted]',
        'of [redacted]': 'session',
        z: { Z: '2', '[redacted]': 'session', a: '1' },
      },
    })
    expect(String(made.evidence)).not.toMatch(/eyJ|YTpi|Annie|4111111111111111/)
    // Keys are in the order in which they will be read.
    expect(String(made.evidence)).toMatch(/"key":"Z".*"key":"\[redacted\]".*"key":"a"/)
  })
})

describe('what is not said is taken from the context', () => {
  const inherited = {
    actor: { id: 'user-9', type: 'user' },
    source: { id: '192.0.2.9' },
    tenantId: 'tenant-9',
    requestId: 'request-9',
    userAgent: 'curl/9',
  } as const
  const baggage = propagation.setBaggage(
    ROOT_CONTEXT,
    propagation.createBaggage({ tenant_id: { value: 'tenant-of-baggage' } }),
  )

  test('actor, source, tenant, request and user agent', async () => {
    const made = await withActive(withAuditContext(baggage, inherited), () => make(event, {}))

    expect(read(made).attributes).toMatchObject({
      'audit.actor.id': 'user-9',
      'audit.source.id': '192.0.2.9',
      'audit.source.type': 'ipv4',
      tenant_id: 'tenant-9',
      'audit.request.id': 'request-9',
      'user_agent.original': 'curl/9',
    })
  })

  test('the tenant from the baggage', async () => {
    const made = await withActive(baggage, () => make(event, { actor }))

    expect(read(made).attributes).toMatchObject({ tenant_id: 'tenant-of-baggage' })
  })

  test('the tenant that was set last', async () => {
    const work = withTenant(withAuditContext(baggage, inherited), 'tenant-of-the-work')
    const made = await withActive(work, () => make(event, {}))

    expect(read(made).attributes).toMatchObject({ tenant_id: 'tenant-of-the-work' })
  })

  test('what is said wins', async () => {
    const made = await withActive(withAuditContext(baggage, inherited), () =>
      make(event, { actor, requestId: 'mine', tenantId: undefined }),
    )

    expect(read(made).attributes).toMatchObject({
      'audit.actor.id': 'user-1',
      'audit.request.id': 'mine',
      tenant_id: 'tenant-9',
    })
  })

  test('an inner context replaces only what it gives', async () => {
    const outer = withAuditContext(ROOT_CONTEXT, inherited)
    const inner = withAuditContext(outer, { requestId: 'inner', userAgent: undefined })
    const made = await withActive(inner, () => make(event, {}))

    expect(read(made).attributes).toMatchObject({
      'audit.actor.id': 'user-9',
      'audit.request.id': 'inner',
      'user_agent.original': 'curl/9',
    })
  })

  test('trace and span, as they were at the call', async () => {
    const spanContext = { traceId: 'ab'.repeat(16), spanId: 'cd'.repeat(8), traceFlags: 1 }
    const later = defineAuditEvent({
      name: 'later',
      action: 'WAIT',
      details: standard(async () => {
        await new Promise((resolve) => setImmediate(resolve))
        return { value: { amount: '1' } }
      }),
    })
    const made = await withActive(trace.setSpanContext(ROOT_CONTEXT, spanContext), () =>
      make(later, { actor, details: { amount: '1' } }),
    )

    expect(read(made).record).toMatchObject({
      traceId: 'ab'.repeat(16),
      spanId: 'cd'.repeat(8),
      flags: 1,
    })
  })
})

test.each([
  ['no hexadecimal digits', 'x'.repeat(32), 'cd'.repeat(8)],
  ['another length', 'ab'.repeat(15), 'cd'.repeat(8)],
  ['nothing but zeros', '0'.repeat(32), 'cd'.repeat(8)],
])('a span whose ids are %s is none', async (_title, traceId, spanId) => {
  const spanContext = { traceId, spanId, traceFlags: 1 }
  const made = await withActive(trace.setSpanContext(ROOT_CONTEXT, spanContext), () =>
    make(event, { actor }),
  )

  expect(Object.keys(read(made).record)).not.toContain('traceId')
  expect(Object.keys(read(made).record)).not.toContain('spanId')
})

test.each([
  ['are missing', undefined],
  ['are a text', '1,"format":"x"'],
  ['are no integer', 0.5],
  ['are none of 32 bits', 2 ** 32],
])('flags of a span that %s are none', async (_title, traceFlags) => {
  const spanContext = { traceId: 'ab'.repeat(16), spanId: 'cd'.repeat(8), traceFlags }
  const inSpan = trace.setSpanContext(ROOT_CONTEXT, spanContext as SpanContext)
  const { record } = read(await withActive(inSpan, () => make(event, { actor })))

  expect(record).toMatchObject({ traceId: 'ab'.repeat(16) })
  expect(Object.keys(record)).not.toContain('flags')
})

/** Answers so once, and with what would be another attribute from then on. */
function once<Answer>(answer: Answer): () => Answer {
  let asked = 0
  return () => ((asked += 1) === 1 ? answer : ('"}},{"key":"forged' as Answer))
}

test('what was checked is what is recorded, whatever a getter answers the next time', async () => {
  const [actorType, sourceType] = [once('user' as const), once('ipv4' as const)]
  const attributes = await attributesOf({
    actor: {
      id: 'user-1',
      get type() {
        return actorType()
      },
    },
    source: {
      id: '192.0.2.7',
      get type() {
        return sourceType()
      },
    },
  })

  expect(attributes).toMatchObject({ 'audit.actor.type': 'user', 'audit.source.type': 'ipv4' })
})

test('a record of the trail about itself has the service as its actor', () => {
  const make = prepareOwnRecord(
    { eventName: 'telltale.audit.trail.started', action: 'START', details: { processId: 7 } },
    origin,
  )
  const made = toMadeRecord(make(place))

  expect(made.eventName).toBe('telltale.audit.trail.started')
  expect(read(made).attributes).toEqual({
    ...PLACE,
    'audit.record.id': made.recordId,
    'audit.actor.id': 'rewards-api',
    'audit.actor.type': 'system',
    'audit.action': 'START',
    'audit.outcome': 'success',
    'audit.details': { processId: 7n },
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
      '"actor.id" must be a text that is not empty; got 5n',
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
    [
      'the nil id',
      { actor, id: '00000000-0000-0000-0000-000000000000' },
      '"id" must be a UUID; got "00000000-0000-0000-0000-000000000000"',
    ],
    ['an id that is no text', { actor, id: 5 }, '"id" must be a UUID; got 5'],
    [
      'a time that is none',
      { actor, occurredAt: new Date(Number.NaN) },
      '"occurredAt" must be a valid Date from 1970 to 2262; got null',
    ],
    [
      'a time as text',
      { actor, occurredAt: '2026-02-03' },
      '"occurredAt" must be a valid Date from 1970 to 2262; got "2026-02-03"',
    ],
    [
      'a time that is null',
      { actor, occurredAt: null },
      '"occurredAt" must be a valid Date from 1970 to 2262; got null',
    ],
    [
      'a time before there was time',
      { actor, occurredAt: new Date(0) },
      '"occurredAt" must be a valid Date from 1970 to 2262; got "1970-01-01T00:00:00.000Z"',
    ],
    [
      'a time whose nanoseconds no column holds',
      { actor, occurredAt: new Date('2262-04-12') },
      '"occurredAt" must be a valid Date from 1970 to 2262; got "2262-04-12T00:00:00.000Z"',
    ],
    [
      'a durability that is none',
      { actor, durability: 'forever' },
      '"durability" must be one of spooled, stored; got "forever"',
    ],
    [
      'details that are a list',
      { actor, details: ['x'] },
      '"details" must be an object; got a list',
    ],
    [
      'details that are an instance of a class',
      { actor, details: new Error('x') },
      '"details" must be plain data; got an object of class Error',
    ],
    [
      'details that are a date',
      { actor, details: new Date(0) },
      '"details" cannot be recorded: they are no plain object',
    ],
    [
      'details with a number that is none',
      { actor, details: { score: { of: [1, Number.NaN] } } },
      '"details.score.of[1]" must be a finite number; got NaN',
    ],
    [
      'details whose getter throws',
      {
        actor,
        details: {
          get balance(): number {
            throw new Error('no connection')
          },
        },
      },
      'no connection',
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
    [
      'a tenant that is a big integer',
      { actor, tenantId: 5n },
      '"tenantId" must be a text; got 5n',
    ],
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

/** As validators have it that run in a context of their own, or bring their own promises. */
const foreign = runInNewContext('Promise') as PromiseConstructor

const standard = (
  validate: (value: unknown) => StandardResult<Claim> | Promise<StandardResult<Claim>>,
): StandardSchema<Claim> => ({ '~standard': { version: 1, vendor: 'test', validate } })

describe.each([
  ['a validator that answers at once', standard(check)],
  ['a validator that answers later', standard(async (value) => check(value))],
  [
    'a validator that answers later, with a promise of another realm',
    standard((value) => foreign.resolve(check(value))),
  ],
])('%s', (_title, details) => {
  const claimed = defineAuditEvent({ name: 'reward_claimed', action: 'claim_reward', details })

  test('has its output recorded, not what was given', async () => {
    const made = await make(claimed, { actor, details: { amount: ' 12.50 ' } })

    expect(read(made).attributes).toMatchObject({ 'audit.details': { amount: '12.50' } })
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

  test.each<[string, unknown]>([
    ['with nothing', undefined],
    ['with nothing, later', Promise.resolve(undefined)],
    ['with a text', { value: 'x' }],
    ['with a list, later', Promise.resolve({ value: ['x'] })],
    ['with null', { value: null }],
  ])('by answering %s is one as well', async (_title, answer) => {
    const details = standard(() => answer as StandardResult<Claim>)
    const claimed = defineAuditEvent({ name: 'reward_claimed', action: 'claim', details })

    expect(await refusalOf({ actor }, claimed as never)).toContain('was not recorded: ')
  })
})
