import { context } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { audit, setAuditTrail } from '../../../src/audit/audit.ts'
import { defineAuditEvent } from '../../../src/audit/define-audit-event.ts'
import { AuditError } from '../../../src/core/errors.ts'
import { createRedaction } from '../../../src/core/redaction.ts'
import { toPlainMembers } from '../../support/audit/plain-values.ts'
import { sha256 } from '../../support/audit/reference-evidence.ts'
import { readReference } from '../../support/audit/reference-reader.ts'
import { InMemoryTrail } from '../support/in-memory-trail.ts'

beforeAll(() => void context.setGlobalContextManager(new AsyncLocalStorageContextManager()))
afterAll(() => context.disable())

const event = defineAuditEvent({ name: 'reward_claimed', action: 'claim_reward' })
const actor = { id: 'user-1', type: 'user' } as const

afterEach(() => setAuditTrail('telemetry was shut down'))

describe('without a running trail', () => {
  test('a record is refused with the reason', async () => {
    setAuditTrail('OTEL_SDK_DISABLED is true')

    await expect(audit.record(event, { actor })).rejects.toMatchObject({
      code: 'TELLTALE_AUDIT_NOT_STARTED',
      message: expect.stringContaining('OTEL_SDK_DISABLED is true'),
    })
  })

  test('an event that does not fit is refused for that', async () => {
    await expect(audit.record(event, { actor: { id: '', type: 'user' } })).rejects.toMatchObject({
      code: 'TELLTALE_AUDIT_EVENT_INVALID',
    })
  })
})

describe('a trail', () => {
  const origin = {
    resource: { attributes: { 'service.name': 'rewards-api' } },
    redaction: createRedaction(),
  }

  function start(): InMemoryTrail {
    const trail = new InMemoryTrail()
    setAuditTrail({ trail, origin })
    return trail
  }

  test('answers where the record stands, and how safe it is', async () => {
    const trail = start()

    const first = await audit.record(event, { actor })
    const second = await audit.record(event, { actor, durability: 'stored' })

    expect(first).toEqual({
      recordId: trail.records[0]!.recordId,
      streamId: '019a9d3c-0000-7000-8000-000000000001',
      sequence: 1,
      hash: sha256(trail.records[0]!.evidence),
      durability: 'spooled',
    })
    expect(second).toMatchObject({ sequence: 2, durability: 'stored' })
    expect(trail.durabilities).toEqual(['spooled', 'stored'])
  })

  test('waits for what the event asks for, unless the call asks for something else', async () => {
    const trail = start()
    const paid = defineAuditEvent({ name: 'paid', action: 'PAY', durability: 'stored' })

    await audit.record(paid, { actor })
    await audit.record(paid, { actor, durability: 'spooled' })

    expect(trail.durabilities).toEqual(['stored', 'spooled'])
  })

  test('has the records in the order of the calls, each chained to the one before', async () => {
    const trail = start()

    await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        audit.record(event, { actor, target: { id: `${index}` } }),
      ),
    )

    const read = trail.records.map(({ evidence }) =>
      toPlainMembers(readReference(evidence).record.attributes),
    )
    expect(read.map((attributes) => attributes['audit.target.id'])).toEqual(
      Array.from({ length: 20 }, (_, index) => `${index}`),
    )
    expect(read.map((attributes) => attributes['audit.sequence.prev_hash'])).toEqual([
      sha256(''),
      ...trail.records.slice(0, -1).map(({ evidence }) => sha256(evidence)),
    ])
  })

  test('that cannot keep its promise has its error name the record', async () => {
    const trail = start()
    trail.until = () => Promise.reject(new AuditError('TELLTALE_AUDIT_UNAVAILABLE', 'away'))

    const error: unknown = await audit.record(event, { actor }).catch((thrown: unknown) => thrown)

    expect(error).toMatchObject({
      code: 'TELLTALE_AUDIT_UNAVAILABLE',
      recordId: trail.records[0]!.recordId,
    })
  })

  test('gets nothing of an event that does not fit', async () => {
    const trail = start()

    await expect(audit.record(event, { actor: { id: '', type: 'user' } })).rejects.toMatchObject({
      code: 'TELLTALE_AUDIT_EVENT_INVALID',
    })
    expect(trail.records).toEqual([])
  })

  test('takes what is given by audit.with()', async () => {
    const trail = start()

    const result = audit.with({ actor, requestId: 'request-1' }, () => 'result')
    await audit.with({ actor, requestId: 'request-1' }, async () => {
      await Promise.resolve()
      return audit.record(event, {})
    })

    expect(result).toBe('result')
    expect(
      toPlainMembers(readReference(trail.records[0]!.evidence).record.attributes),
    ).toMatchObject({ 'audit.actor.id': 'user-1', 'audit.request.id': 'request-1' })
  })

  describe('with schemas of zod', () => {
    const claimed = defineAuditEvent({
      name: 'reward_claimed',
      action: 'CLAIM',
      details: z.object({
        amount: z.string().regex(/^\d+\.\d{7}$/),
        currency: z.enum(['XLM', 'USDC']).default('XLM'),
        email: z.string().optional(),
      }),
      erasable: ['email'],
    })

    test('what the schema puts out is recorded', async () => {
      const trail = start()

      await audit.record(claimed, {
        actor,
        details: { amount: '10.0000000', email: 'ann@example.com' },
      })

      const [made] = trail.records
      expect(toPlainMembers(readReference(made!.evidence).record.attributes)).toMatchObject({
        'audit.details': { amount: '10.0000000', currency: 'XLM' },
      })
      expect(String(made!.annex!.bytes)).toContain('ann@example.com')
    })

    test('everything that does not fit is named', async () => {
      start()

      const error: unknown = await audit
        .record(claimed, {
          actor: { id: '', type: 'user' },
          details: { amount: '10', currency: 'EUR' as never },
        })
        .catch((thrown: unknown) => thrown)

      expect((error as Error).message).toMatch(/"actor\.id" must be .*amount: .*currency: /s)
    })

    test('one that takes its time is waited for', async () => {
      const trail = start()
      const checked = defineAuditEvent({
        name: 'checked',
        action: 'CHECK',
        details: z.object({ id: z.string().refine(async (id) => id !== 'taken') }),
      })

      await audit.record(checked, { actor, details: { id: 'free' } })

      expect(trail.records).toHaveLength(1)
      await expect(
        audit.record(checked, { actor, details: { id: 'taken' } }),
      ).rejects.toMatchObject({ code: 'TELLTALE_AUDIT_EVENT_INVALID' })
    })
  })
})
