import { trace } from '@opentelemetry/api'
import { expect as jestExpect } from 'expect'
import { afterAll, beforeEach, expect, test } from 'vitest'
import { getLogger } from '../../../src/index.ts'
import {
  startTestTelemetry,
  telemetryMatchers,
  type TelemetryMatchers,
  type TestTelemetry,
} from '../../../src/testing/testing.ts'

declare module 'expect' {
  interface Matchers<R extends void | Promise<void>, T = unknown> extends TelemetryMatchers<R> {}
}

// Jest's own expect(), without its runner.
jestExpect.extend(telemetryMatchers)
const telemetry = startTestTelemetry()
beforeEach(() => telemetry.reset())
afterAll(() => telemetry.stop())

test('what is there is found, also by what Jest has for parts', async () => {
  trace
    .getTracer('shop')
    .startSpan('checkout', { attributes: { items: 3 } })
    .end()
  getLogger('shop').info('sold', { articles: [{ id: 'a-1' }] })

  jestExpect(telemetry).toHaveSpan('checkout', { attributes: { items: jestExpect.any(Number) } })
  jestExpect(telemetry).toHaveLog('sold', {
    attributes: {
      articles: jestExpect.arrayContaining([jestExpect.objectContaining({ id: 'a-1' })]),
    },
  })
  jestExpect(telemetry).not.toHaveSpan('refund')
  await jestExpect(telemetry).not.toHaveMetric('nothing_total')
  await jestExpect(telemetry).not.toHaveSecrets()
  await expect(jestExpect(telemetry).toHaveSecrets()).rejects.toThrow('nothing that looks like')
})

test('what is missing is told with what is nearest', async () => {
  trace
    .getTracer('shop')
    .startSpan('checkout', { attributes: { items: 3 } })
    .end()

  expect(() =>
    jestExpect(telemetry).toHaveSpan('checkout', {
      attributes: { items: jestExpect.any(String) as object },
    }),
  ).toThrow('attributes.items is 3, not Any<String>')
  expect(() => jestExpect(telemetry).not.toHaveSpan(/^check/)).toThrow('there is a span with')
  await expect(jestExpect(telemetry).toHaveMetric('nothing_total')).rejects.toThrow(
    'there is no series with name "nothing_total"',
  )
})

test('a secret is told by its place', async () => {
  const logs = [{ message: 'x', attributes: { password: 'hunter2' } }]
  const leaking = { ...telemetry, logs, auditRecords: [] } as unknown as TestTelemetry

  await expect(jestExpect(leaking).not.toHaveSecrets()).rejects.toThrow(
    /there are secrets:\n {2}log record "x": attributes\.password has a value$/,
  )
})
