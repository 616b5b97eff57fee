import { trace } from '@opentelemetry/api'
import { afterEach, expect, test } from 'vitest'
import { audit, defineAuditEvent, getLogger } from '../../../src/index.ts'
import { startTestTelemetry, type InProcessTelemetry } from '../../../src/testing/testing.ts'

const event = defineAuditEvent({ name: 'order_placed', action: 'PLACE' })

let running: InProcessTelemetry | undefined

afterEach(() => running?.stop())

/** Everything that goes through what is behind the API, or is ours. */
async function makeEach(): Promise<void> {
  trace.getTracer('test').startSpan('work').end()
  getLogger('test').info('worked')
  await audit.record(event, { actor: { id: 'grace', type: 'user' } })
}

test('a late second stop() takes nothing from the telemetry that was started since', async () => {
  const first = startTestTelemetry()
  await first.stop()
  running = startTestTelemetry()

  await first.stop()
  await makeEach()

  expect(running.spans).toHaveLength(1)
  expect(running.logs).toHaveLength(1)
  expect(running.auditRecords).toHaveLength(1)
  expect(() => startTestTelemetry()).toThrow('was called before')
})

test('what is stopped sees nothing any more, and another can be started', async () => {
  running = startTestTelemetry()
  await running.stop()

  await expect(makeEach()).rejects.toThrow('the test telemetry was stopped')
  expect(running.spans).toEqual([])
  running = startTestTelemetry()
  await makeEach()
  expect(running.spans).toHaveLength(1)
})
