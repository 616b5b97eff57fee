import type { Meter } from '@opentelemetry/api'
import type { Resource } from '@opentelemetry/resources'
import type { LoggerProvider, ReadableLogRecord } from '@opentelemetry/sdk-logs'
import { createAuditDelivery, type AuditDelivery } from '../audit/audit-delivery.ts'
import { createAuditRecordProcessor } from '../audit/audit-record-processor.ts'
import { createAuditMetrics } from '../audit/metrics.ts'
import { notConfirmed } from '../audit/otlp-answer.ts'
import { loadPackage } from '../core/load-package.ts'
import type { Reporter } from '../core/reporter.ts'
import { createPost } from '../otlp/post.ts'
import { readTls, toShownUrl } from '../otlp/target.ts'
import type { AllSettings } from '../settings.ts'

/** The audit trail of this process. */
export interface AuditSignal {
  readonly provider: LoggerProvider
  readonly delivery: AuditDelivery<ReadableLogRecord>
  /** Where audit records go, for people. */
  readonly destination: string
}

/** Attributes one audit record may have: the default of 128 would cut mandatory ones off without a word. */
const ATTRIBUTE_COUNT_LIMIT = 100_000

/** The audit trail: a logger provider, an endpoint and connections of its own; it shares no queue with logs. */
export function startAudit(
  { audit, otlp }: AllSettings,
  resource: Resource,
  meter: Meter,
  reporter: Reporter,
  warnings: string[],
): AuditSignal {
  const sdk = loadPackage('@opentelemetry/sdk-logs') as typeof import('@opentelemetry/sdk-logs')
  const base = audit.endpoint ?? besides(otlp.endpoint ?? 'http://localhost:4318')
  const url = `${base.replace(/\/+$/, '')}/v1/logs`
  const protocol = otlp.logsProtocol ?? otlp.protocol ?? 'http/json'
  const contentType = protocol === 'http/json' ? 'application/json' : 'application/x-protobuf'
  const headers = {
    'content-type': contentType,
    ...(audit.token !== undefined && { authorization: `Bearer ${audit.token}` }),
  }
  const transformer = loadPackage(
    '@opentelemetry/otlp-transformer',
  ) as typeof import('@opentelemetry/otlp-transformer')
  const serializer =
    protocol === 'http/json' ? transformer.JsonLogsSerializer : transformer.ProtobufLogsSerializer
  // The JSON serializer takes anything for an empty answer; a page of something else must not pass for one.
  const readAnswer = (body: Uint8Array): { partialSuccess?: { rejectedLogRecords?: unknown } } =>
    protocol === 'http/json'
      ? JSON.parse(Buffer.from(body).toString('utf8'))
      : serializer.deserializeResponse(body)
  const readRejected = (body: Uint8Array): number =>
    body.length === 0 ? 0 : Number(readAnswer(body).partialSuccess?.rejectedLogRecords ?? 0)
  const delivery: AuditDelivery<ReadableLogRecord> = createAuditDelivery({
    url: toShownUrl(url),
    post: createPost(url, headers, readTls(otlp, warnings)),
    serialize: (records) => serializer.serializeRequest(records),
    objectionTo: (answer) => notConfirmed(answer, contentType, readRejected),
    timeoutMillis: audit.timeoutMillis,
    maxPendingRecords: audit.maxPendingRecords,
    maxBatchRecords: audit.maxBatchRecords,
    metrics: createAuditMetrics(meter, () => delivery.pending()),
    reporter,
  })
  const provider = new sdk.LoggerProvider({
    resource,
    processors: [createAuditRecordProcessor(delivery)],
    logRecordLimits: { attributeCountLimit: ATTRIBUTE_COUNT_LIMIT },
  })
  return { provider, delivery, destination: toShownUrl(url) }
}

/** The audit receiver beside an OTLP endpoint: same host, port 4319. */
function besides(endpoint: string): string {
  const url = new URL(endpoint)
  url.port = '4319'
  url.pathname = ''
  return url.href
}
