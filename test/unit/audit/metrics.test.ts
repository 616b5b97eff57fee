import { expect, test } from 'vitest'
import { createAuditMetrics, createLostCounter } from '../../../src/audit/metrics.ts'
import { createMeterProbe } from '../support/metric-values.ts'

const level = { backlogRecords: 3, bytes: 4_096, maxBytes: 2 ** 30, oldestAgeSeconds: 1.5 }

test('every counter is there at 0 before the first record', async () => {
  const probe = createMeterProbe()

  createAuditMetrics(probe.meter, () => level)

  expect(await probe.read()).toEqual({
    'telltale.audit.records.recorded': 0,
    'telltale.audit.records.delivered': 0,
    'telltale.audit.records.parked': 0,
    'telltale.audit.records.refused{"error.type":"TELLTALE_AUDIT_SPOOL_FULL"}': 0,
    'telltale.audit.records.refused{"error.type":"TELLTALE_AUDIT_SPOOL_FAILED"}': 0,
    'telltale.audit.records.refused{"error.type":"TELLTALE_AUDIT_OVERLOADED"}': 0,
    'telltale.audit.records.refused{"error.type":"TELLTALE_AUDIT_REFUSED"}': 0,
    'telltale.audit.records.refused{"error.type":"TELLTALE_AUDIT_UNAVAILABLE"}': 0,
    'telltale.audit.spool.skipped': 0,
    'telltale.audit.spool.backlog': 3,
    'telltale.audit.spool.size': 4_096,
    'telltale.audit.spool.limit': 2 ** 30,
    'telltale.audit.spool.oldest_age': 1.5,
  })
})

test('records are counted where they end up', async () => {
  const probe = createMeterProbe()
  const metrics = createAuditMetrics(probe.meter, () => level)

  metrics.recorded(1)
  metrics.recorded(1)
  metrics.delivered(1)
  metrics.parked()
  metrics.skipped(100)
  metrics.refused('TELLTALE_AUDIT_SPOOL_FULL')

  expect(await probe.read()).toMatchObject({
    'telltale.audit.records.recorded': 2,
    'telltale.audit.records.delivered': 1,
    'telltale.audit.records.parked': 1,
    'telltale.audit.spool.skipped': 100,
    'telltale.audit.records.refused{"error.type":"TELLTALE_AUDIT_SPOOL_FULL"}': 1,
  })
})

test('copies that are lost are counted, from 0', async () => {
  const probe = createMeterProbe()
  const lost = createLostCounter(probe.meter)
  expect(await probe.read()).toEqual({ 'telltale.audit.copies.lost': 0 })

  lost(2)
  lost(1)

  expect(await probe.read()).toEqual({ 'telltale.audit.copies.lost': 3 })
})
