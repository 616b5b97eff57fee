import { randomBytes } from 'node:crypto'
import { createUuidV7 } from '../../../examples/rewards-api/src/uuid-v7.ts'

/** A log record that is an audit record, in a request as any OpenTelemetry SDK could send it. */
export interface AuditRequest {
  readonly recordId: string
  readonly traceId: string
  readonly body: string
}

/** Makes an OTLP request with one audit record of the plain kind, without evidence. */
export function createAuditRequest(service = 'plain-otlp'): AuditRequest {
  const recordId = createUuidV7()
  const traceId = randomBytes(16).toString('hex')
  const attributes = {
    'audit.record.id': recordId,
    'audit.actor.id': 'user-7',
    'audit.actor.type': 'user',
    'audit.action': 'log_in',
    'audit.outcome': 'success',
  }
  const record = {
    timeUnixNano: `${Date.now()}000000`,
    eventName: 'user_logged_in',
    traceId,
    spanId: randomBytes(8).toString('hex'),
    attributes: toOtlp(attributes),
  }
  const body = JSON.stringify({
    resourceLogs: [
      {
        resource: { attributes: toOtlp({ 'service.name': service }) },
        scopeLogs: [{ logRecords: [record] }],
      },
    ],
  })
  return { recordId, traceId, body }
}

/** Posts log records to an OTLP endpoint; answers the status. */
export async function postLogs(
  endpoint: string,
  body: string | Uint8Array<ArrayBuffer>,
  headers: Readonly<Record<string, string>> = {},
): Promise<number> {
  const response = await fetch(`${endpoint}/v1/logs`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body,
  })
  await response.arrayBuffer()
  return response.status
}

function toOtlp(attributes: Readonly<Record<string, string>>): object[] {
  return Object.entries(attributes).map(([key, stringValue]) => ({ key, value: { stringValue } }))
}
