import { afterAll, beforeAll, expect, test } from 'vitest'
import { startPartOfStack, type PartialAddresses, type Stack } from '../../deploy/stack/stack.ts'
import { eventually } from '../../examples/support/eventually.ts'
import { readLogs } from '../../examples/support/logs.ts'
import { runApp } from '../support/run-app.ts'

let stack: Stack<PartialAddresses>
beforeAll(async () => {
  stack = await startPartOfStack(['postgres', 'loki', 'collector'])
}, 300_000)
afterAll(() => stack?.stop())

test('records of the logger are found in Loki by tenant, service, level and component', async () => {
  const { otlp, loki } = stack.addresses
  await runApp('logging/work.mjs', {
    OTEL_EXPORTER_OTLP_ENDPOINT: otlp ?? undefined,
    OTEL_SERVICE_NAME: 'api',
  })
  const find = async (query: string, tenant = 'tenant-1'): Promise<string[]> =>
    (await readLogs(loki!, { query, tenant })).map(({ message }) => message).toSorted()
  await eventually(
    'the last record',
    async () => find('{service="api", level="error"}'),
    (messages) => messages.length > 0,
    { withinMillis: 60_000 },
  )

  expect(await find('{tenant_id="tenant-1", level="error"}')).toEqual(['sign-in failed'])
  expect(await find('{component="auth"}')).toEqual([
    'sign-in failed',
    'within a span',
    'without a span',
  ])
  expect(await find('{component="auth"} | status="failed"')).toEqual(['sign-in failed'])
  expect(await find('{service="api", level="info"} | request_id="request-1"')).toContain(
    'through pino',
  )
  // What a field said of the tenant has moved nothing there, and nobody else sees the lines.
  expect(await find('{service="api"}', 'forged')).toEqual([])
  expect(await find('{service="api"}', 'default')).toEqual([])
}, 300_000)
