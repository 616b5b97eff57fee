import { LoggerProvider, type ReadableLogRecord } from '@opentelemetry/sdk-logs'
import { afterEach, describe, expect, test } from 'vitest'
import { audit, setAuditLogger } from '../../../src/audit/audit.ts'
import type { AuditDelivery } from '../../../src/audit/audit-delivery.ts'
import { createAuditRecordProcessor } from '../../../src/audit/audit-record-processor.ts'
import { defineAuditEvent } from '../../../src/audit/define-audit-event.ts'
import { AuditError } from '../../../src/core/errors.ts'

const event = defineAuditEvent({ name: 'reward_claimed', action: 'claim_reward' })
const actor = { id: 'user-1', type: 'user' } as const

/** A trail whose delivery is a function; what it was given is kept. */
function startTrail(deliver: (record: ReadableLogRecord) => Promise<void>) {
  const records: ReadableLogRecord[] = []
  const delivery: AuditDelivery<ReadableLogRecord> = {
    deliver(record) {
      records.push(record)
      return deliver(record)
    },
    pending: () => 0,
    idle: async () => undefined,
  }
  const provider = new LoggerProvider({ processors: [createAuditRecordProcessor(delivery)] })
  setAuditLogger(provider.getLogger('telltale.audit'))
  return { records, provider }
}

afterEach(() => setAuditLogger('telemetry was shut down'))

test('the receipt names the record that was delivered', async () => {
  const { records } = startTrail(async () => undefined)

  const { recordId } = await audit.record(event, { actor })

  expect(records).toHaveLength(1)
  expect(records[0]).toMatchObject({
    eventName: 'reward_claimed',
    attributes: { 'audit.record.id': recordId, 'audit.actor.id': 'user-1' },
  })
})

test('a record that is not delivered rejects with the reason', async () => {
  const reason = new AuditError('TELLTALE_AUDIT_UNAVAILABLE', 'away')
  startTrail(() => Promise.reject(reason))

  await expect(audit.record(event, { actor })).rejects.toBe(reason)
})

test('calls at the same time hear each of their own record', async () => {
  startTrail((record) =>
    record.attributes['audit.actor.id'] === 'bad'
      ? Promise.reject(new AuditError('TELLTALE_AUDIT_REFUSED', 'bad'))
      : Promise.resolve(),
  )

  const results = await Promise.allSettled(
    ['a', 'bad', 'b'].map((id) => audit.record(event, { actor: { id, type: 'user' } })),
  )

  expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
})

test('the error names the record, so that it can be recorded again under its id', async () => {
  const id = '017f22e2-79b0-7cc3-98c4-dc0c0c07398f'
  startTrail(() => Promise.reject(new AuditError('TELLTALE_AUDIT_UNAVAILABLE', 'away')))

  await expect(audit.record(event, { actor, id })).rejects.toMatchObject({ recordId: id })
})

test('a call without a stored record has no record to name', async () => {
  startTrail(async () => undefined)

  const error: unknown = await audit
    .record(event, { actor: { id: '', type: 'user' } })
    .catch((thrown: unknown) => thrown)

  expect(error).toMatchObject({ code: 'TELLTALE_AUDIT_EVENT_INVALID', recordId: undefined })
})

describe('without a running trail', () => {
  test('a record is refused with the reason', async () => {
    setAuditLogger('OTEL_SDK_DISABLED is true')

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

test('a record emitted without audit.record() is delivered too, and its failure troubles nobody', async () => {
  const { records, provider } = startTrail(() =>
    Promise.reject(new AuditError('TELLTALE_AUDIT_UNAVAILABLE', 'away')),
  )

  provider.getLogger('plain').emit({ eventName: 'by_hand' })
  await new Promise((resolve) => setImmediate(resolve))

  expect(records).toHaveLength(1)
})
