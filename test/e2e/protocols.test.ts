import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Stack, startStack } from '../../deploy/stack/stack.ts'
import { readAuditRows } from '../../examples/support/audit-rows.ts'
import { eventually } from '../../examples/support/eventually.ts'
import { readTrace } from '../../examples/support/traces.ts'
import { startProbe } from './support/probe.ts'

let stack: Stack
beforeAll(async () => {
  stack = await startStack()
})
afterAll(async () => stack?.stop())

test.each([
  ['http/json', 'none'],
  ['http/json', 'gzip'],
  ['http/protobuf', 'none'],
  ['http/protobuf', 'gzip'],
])('spans and audit records arrive over %s with compression %s', async (protocol, compression) => {
  await using probe = await startProbe(
    stack.addresses,
    `probe-${protocol.slice(5)}-${compression}`,
    {
      OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
      OTEL_EXPORTER_OTLP_COMPRESSION: compression,
      OTEL_BSP_SCHEDULE_DELAY: '50',
    },
  )
  const recordId = randomUUID()

  expect(await probe.record(recordId)).toMatchObject({ status: 200 })

  const rows = await readAuditRows(stack.addresses.postgresAuditor, 'record_id', recordId)
  expect(rows).toHaveLength(1)
  const spans = await eventually(
    'the span of the request',
    async () => readTrace(stack.addresses.jaeger, String(rows[0]?.trace_id)),
    (found) => found.length > 0,
    { withinMillis: 20_000 },
  )
  expect(spans.map(({ kind }) => kind)).toEqual(['server'])
})
