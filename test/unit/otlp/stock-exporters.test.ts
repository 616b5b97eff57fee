import { OTLPLogExporter as JsonLogs } from '@opentelemetry/exporter-logs-otlp-http'
import { OTLPLogExporter as ProtobufLogs } from '@opentelemetry/exporter-logs-otlp-proto'
import { OTLPTraceExporter as JsonTraces } from '@opentelemetry/exporter-trace-otlp-http'
import { OTLPTraceExporter as ProtobufTraces } from '@opentelemetry/exporter-trace-otlp-proto'
import { expect, test } from 'vitest'

/** Private parts of the stock exporters, where otlp-exporter.ts puts its own retries. */
interface StockExporter {
  readonly _delegate?: { readonly _transport?: { readonly _transport?: object } }
}

test.each([
  ['traces as JSON', new JsonTraces()],
  ['traces as protobuf', new ProtobufTraces()],
  ['logs as JSON', new JsonLogs()],
  ['logs as protobuf', new ProtobufLogs()],
])('the stock exporter for %s still has its retries where ours replace them', (_title, stock) => {
  const retrying = (stock as unknown as StockExporter)._delegate?._transport

  expect(retrying).toMatchObject({ send: expect.any(Function), shutdown: expect.any(Function) })
  expect(retrying?._transport).toMatchObject({
    send: expect.any(Function),
    shutdown: expect.any(Function),
  })
  expect(retrying?.constructor.name).toMatch(/retrying/i)
  expect(retrying?._transport?.constructor.name).not.toMatch(/retrying/i)
})
