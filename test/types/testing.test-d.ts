import { expectTypeOf } from 'expect-type'
import { expect } from 'vitest'
import { defineAuditEvent } from '../../src/index.ts'
import {
  expectAuditRecord,
  expectLog,
  expectMetric,
  expectNoSecrets,
  expectSpan,
  startTestReceiver,
  startTestTelemetry,
  telemetryMatchers,
  type TelemetryMatchers,
  type TestAuditRecord,
  type TestLog,
  type TestSample,
  type TestSpan,
  type TestTelemetry,
} from '../../src/testing/testing.ts'

const telemetry = startTestTelemetry({ serviceName: 'shop-api' })
const ordered = defineAuditEvent<{ amount: string }>({ name: 'order_placed', action: 'PLACE' })
expect.extend(telemetryMatchers)

expectTypeOf(telemetry).toExtend<TestTelemetry>()
expectTypeOf(startTestReceiver()).resolves.toExtend<TestTelemetry>()
expectTypeOf(telemetry.refuseAuditRecords).parameter(0).extract<'TELLTALE_AUDIT_SPOOL_FULL'>()

// What was found is returned; a series and secrets are promised.
expectTypeOf(expectSpan(telemetry, /^GET/)).toEqualTypeOf<TestSpan>()
expectTypeOf(expectLog(telemetry, 'order placed')).toEqualTypeOf<TestLog>()
expectTypeOf(expectAuditRecord(telemetry, ordered)).toEqualTypeOf<TestAuditRecord>()
expectTypeOf(expectMetric(telemetry, 'orders_total')).resolves.toEqualTypeOf<TestSample>()
expectTypeOf(expectNoSecrets(telemetry)).toEqualTypeOf<Promise<void>>()

// Parts, patterns and matchers of the runner.
expectSpan(telemetry, 'place order', { kind: 'server', attributes: { 'order.items': 3 } })
expectLog(telemetry, 'order placed', { level: 'info', component: /shop/ })
expectAuditRecord(telemetry, 'order_placed', { actor: { id: 'ada' }, details: { amount: /^12/ } })
void expectMetric(telemetry, 'orders_total', { result: 'ok' }, 1)
expectSpan(telemetry, 'place order', { durationMillis: expect.any(Number) as object })

// @ts-expect-error -- no such part
expectSpan(telemetry, 'place order', { attribute: {} })
// @ts-expect-error -- no such kind
expectSpan(telemetry, 'place order', { kind: 'sever' })
// @ts-expect-error -- no such status
expectSpan(telemetry, 'place order', { status: 'failed' })
// @ts-expect-error -- attributes are an object
expectSpan(telemetry, 'place order', { attributes: 'x' })
// @ts-expect-error -- of a span
expectLog(telemetry, 'order placed', { kind: 'server' })
// @ts-expect-error -- a name
expectSpan(telemetry, 5)
// @ts-expect-error -- no event
expectAuditRecord(telemetry, { nam: 'order_placed' })
// @ts-expect-error -- labels are texts
void expectMetric(telemetry, 'orders_total', { result: 5 })
// @ts-expect-error -- a series has an exact name
void expectMetric(telemetry, /orders/)
// @ts-expect-error -- no telemetry
expectSpan({}, 'place order')
// @ts-expect-error -- no such option
startTestTelemetry({ exporters: ['otlp'] })
// @ts-expect-error -- no such code
telemetry.refuseAuditRecords('SPOOL_FULL')
// @ts-expect-error -- what was found is nobody's to change
expectSpan(telemetry, 'place order').name = 'x'
// @ts-expect-error -- a text
expectSpan(telemetry, 'place order', { traceId: 7 })
// @ts-expect-error -- the place in the order is a number
expectAuditRecord(telemetry, ordered, { sequence: '1' })
// @ts-expect-error -- names, not one name
void expectNoSecrets(telemetry, 'iban')
// @ts-expect-error -- a deadline in milliseconds
void telemetry.waitFor(() => 7, { timeout: 100 })
// @ts-expect-error -- only the trail of this process can be made to refuse
;(await startTestReceiver()).refuseAuditRecords(undefined)
// @ts-expect-error -- no such part
telemetryMatchers.toHaveSpan(telemetry, 'place order', { nmae: 'x' })

expectTypeOf(telemetry.waitFor(() => 7)).resolves.toBeNumber()
expectTypeOf<keyof TelemetryMatchers>().toEqualTypeOf<keyof typeof telemetryMatchers>()
