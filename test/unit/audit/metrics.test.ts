import { expect, test } from 'vitest'
import { createAuditMetrics } from '../../../src/audit/metrics.ts'
import { createMeterProbe } from '../support/metric-values.ts'

test('every counter is there at 0 before the first record', async () => {
  const probe = createMeterProbe()

  createAuditMetrics(probe.meter, () => 3)

  expect(await probe.read()).toEqual({
    'telltale.audit.records.recorded': 0,
    'telltale.audit.records.stored': 0,
    'telltale.audit.records.refused{"error.type":"TELLTALE_AUDIT_OVERLOADED"}': 0,
    'telltale.audit.records.refused{"error.type":"TELLTALE_AUDIT_REFUSED"}': 0,
    'telltale.audit.records.refused{"error.type":"TELLTALE_AUDIT_UNAVAILABLE"}': 0,
    'telltale.audit.records.pending': 3,
  })
})

test('records are counted where they end up', async () => {
  const probe = createMeterProbe()
  const metrics = createAuditMetrics(probe.meter, () => 0)

  metrics.recorded()
  metrics.recorded()
  metrics.stored(1)
  metrics.refused('TELLTALE_AUDIT_REFUSED')

  expect(await probe.read()).toMatchObject({
    'telltale.audit.records.recorded': 2,
    'telltale.audit.records.stored': 1,
    'telltale.audit.records.refused{"error.type":"TELLTALE_AUDIT_REFUSED"}': 1,
  })
})
