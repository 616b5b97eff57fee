import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gunzipSync } from 'node:zlib'
import { readRecords, type ReceivedRecord } from './audit-receiver.ts'

/** A span as it arrived, with the parts that tests look at. */
export interface ReceivedSpan {
  readonly name: string
  /** 1 internal, 2 server, 3 client. */
  readonly kind: number
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId: string | undefined
  readonly scope: string
  readonly attributes: Readonly<Record<string, unknown>>
  readonly resource: Readonly<Record<string, unknown>>
}

/** A log record as it arrived. */
export interface ReceivedLog {
  readonly body: unknown
  readonly eventName: string | undefined
  readonly severityNumber: number | undefined
  readonly traceId: string | undefined
  readonly scope: string
  readonly attributes: Readonly<Record<string, unknown>>
  readonly resource: Readonly<Record<string, unknown>>
}

/** How the receiver behaves: an HTTP status, or silence, or a pause before the answer. */
export interface Behaviour {
  readonly status?: number
  readonly silent?: boolean
  /** Whether audit records are answered like anything else. */
  readonly withoutReceipt?: boolean
  readonly delayMillis?: number
  /** Whether only audit records are answered so, or only what is none. Default both. */
  readonly audit?: boolean
  /** How far the receiver's clock is ahead. */
  readonly dateAheadMillis?: number
  readonly headers?: Readonly<Record<string, string>>
  /** Body of the answer. Default `{}`. */
  readonly body?: string
}

/** A real OTLP/HTTP receiver (JSON) on a free loopback port. */
export interface OtlpReceiver extends AsyncDisposable {
  readonly url: string
  readonly spans: ReceivedSpan[]
  readonly logs: ReceivedLog[]
  /** What came as audit records; they are given their receipt. */
  readonly auditRecords: ReceivedRecord[]
  readonly requests: { path: string; headers: IncomingMessage['headers']; bytes: number }[]
  /** Everything that came, as it came, once it was unpacked. */
  readonly bodies: Buffer[]
  behave(behaviour: Behaviour): void
}

interface OtlpValue {
  stringValue?: string
  boolValue?: boolean
  intValue?: string | number
  doubleValue?: number
  arrayValue?: { values: OtlpValue[] }
  kvlistValue?: { values: { key: string; value: OtlpValue }[] }
}

/** Starts a receiver; disposing closes it. */
export async function startOtlpReceiver(): Promise<OtlpReceiver> {
  let given: Behaviour = {}
  const spans: ReceivedSpan[] = []
  const logs: ReceivedLog[] = []
  const auditRecords: ReceivedRecord[] = []
  const requests: OtlpReceiver['requests'] = []
  const bodies: Buffer[] = []
  const answer = (request: IncomingMessage, response: ServerResponse, body: Buffer): void => {
    const path = request.url ?? ''
    requests.push({ path, headers: request.headers, bytes: body.length })
    const isAudit = request.headers['telltale-audit-format'] !== undefined
    const behaviour = given.audit === undefined || given.audit === isAudit ? given : {}
    if (behaviour.silent) return
    const status = behaviour.status ?? 200
    const content = request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body
    bodies.push(content)
    const isTaken = status === 200 && !behaviour.withoutReceipt
    const records = isAudit && isTaken ? readRecords(content) : []
    auditRecords.push(...records)
    if (status === 200 && !isAudit) {
      const json = JSON.parse(content.toString('utf8'))
      if (path === '/v1/traces') spans.push(...readSpans(json))
      if (path === '/v1/logs') logs.push(...readLogs(json))
    }
    setTimeout(() => {
      response.writeHead(status, {
        'content-type': 'application/json',
        date: new Date(Date.now() + (behaviour.dateAheadMillis ?? 0)).toUTCString(),
        ...(records.length > 0 && {
          'telltale-audit-format': 'telltale/1',
          'telltale-audit-committed': String(records.length),
        }),
        ...behaviour.headers,
      })
      response.end(behaviour.body ?? '{}')
    }, behaviour.delayMillis ?? 0)
  }
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => answer(request, response, Buffer.concat(chunks)))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    spans,
    logs,
    auditRecords,
    requests,
    bodies,
    behave: (next) => void (given = next),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/* eslint-disable-next-line typescript/no-explicit-any -- the shape is OTLP's, and any mismatch fails the test that reads it */
type Json = any

function readSpans(json: Json): ReceivedSpan[] {
  return (json.resourceSpans ?? []).flatMap((resource: Json) =>
    resource.scopeSpans.flatMap((scope: Json) =>
      scope.spans.map((span: Json) => ({
        name: span.name,
        kind: span.kind,
        traceId: span.traceId,
        spanId: span.spanId,
        parentSpanId: span.parentSpanId || undefined,
        scope: scope.scope?.name ?? '',
        attributes: readAttributes(span.attributes),
        resource: readAttributes(resource.resource?.attributes),
      })),
    ),
  )
}

function readLogs(json: Json): ReceivedLog[] {
  return (json.resourceLogs ?? []).flatMap((resource: Json) =>
    resource.scopeLogs.flatMap((scope: Json) =>
      scope.logRecords.map((record: Json) => ({
        body: record.body === undefined ? undefined : readValue(record.body),
        eventName: record.eventName,
        severityNumber: record.severityNumber,
        traceId: record.traceId || undefined,
        scope: scope.scope?.name ?? '',
        attributes: readAttributes(record.attributes),
        resource: readAttributes(resource.resource?.attributes),
      })),
    ),
  )
}

function readAttributes(list: { key: string; value: OtlpValue }[] = []): Record<string, unknown> {
  return Object.fromEntries(list.map(({ key, value }) => [key, readValue(value)]))
}

function readValue(value: OtlpValue): unknown {
  if (value.intValue !== undefined) return Number(value.intValue)
  if (value.arrayValue) return value.arrayValue.values.map(readValue)
  if (value.kvlistValue) return readAttributes(value.kvlistValue.values)
  return value.stringValue ?? value.boolValue ?? value.doubleValue
}
