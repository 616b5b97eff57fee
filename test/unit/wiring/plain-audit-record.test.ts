import { logs } from '@opentelemetry/api'
import { afterAll, beforeEach, expect, test } from 'vitest'
import { startTestTelemetry } from '../../../src/testing/testing.ts'

const telemetry = startTestTelemetry()

beforeEach(() => telemetry.reset())
afterAll(() => telemetry.stop())

/** An audit record by OpenTelemetry's own API; a log record of that size would be cut. */
function emit(details: Readonly<Record<string, unknown>>): void {
  logs.getLogger('plain').emit({
    eventName: 'order_placed',
    attributes: {
      'audit.record.id': crypto.randomUUID(),
      'audit.actor.id': 'grace',
      'audit.actor.type': 'user',
      'audit.action': 'PLACE',
      'audit.outcome': 'success',
      'audit.details': details,
    },
  })
}

const deep = (levels: number): unknown => JSON.parse('['.repeat(levels) + ']'.repeat(levels))

test.each<[string, Record<string, unknown>]>([
  ['a long text', { note: 'x'.repeat(100_000) }],
  ['many items', { list: Array.from({ length: 20_000 }, (_none, index) => index) }],
  [
    'many members',
    Object.fromEntries(Array.from({ length: 3_000 }, (_none, at) => [`m${at}`, at])),
  ],
  ['what lies deep', { deep: deep(40) }],
])('the evidence of a plain record has all of it: %s', (_what, details) => {
  emit({ ...details, at: new Date(0) })

  expect(telemetry.auditRecords).toMatchObject([
    { details: { ...details, at: '1970-01-01T00:00:00.000Z' } },
  ])
  expect(telemetry.said).toEqual([])
})
