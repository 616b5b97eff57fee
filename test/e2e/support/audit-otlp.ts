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

/** What a producer goes by when it decides whether to release its records. */
export interface AuditAnswer {
  readonly status: number
  /** `Telltale-Audit-Format`, if there is one. */
  readonly format: string | null
  /** `Telltale-Audit-Committed`, if there is one. */
  readonly committed: string | null
  readonly text: string
}

/** Posts log records to an OTLP endpoint; answers the status. */
export async function postLogs(
  endpoint: string,
  body: string | Uint8Array<ArrayBuffer>,
  headers: Readonly<Record<string, string>> = {},
): Promise<number> {
  return (await postForReceipt(endpoint, body, headers)).status
}

/** Posts log records to an OTLP endpoint; answers what a producer looks at. */
export async function postForReceipt(
  endpoint: string,
  body: string | Uint8Array<ArrayBuffer>,
  headers: Readonly<Record<string, string>> = {},
): Promise<AuditAnswer> {
  const response = await fetch(`${endpoint}/v1/logs`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body,
  })
  return {
    status: response.status,
    format: response.headers.get('telltale-audit-format'),
    committed: response.headers.get('telltale-audit-committed'),
    text: await response.text(),
  }
}

function toOtlp(attributes: Readonly<Record<string, string>>): object[] {
  return Object.entries(attributes).map(([key, stringValue]) => ({ key, value: { stringValue } }))
}
