import { toWord } from './request-path.ts'

/** What is known when a request begins. */
export interface StartedRequest {
  readonly requestId: string
  /** As it was sent. */
  readonly method: string
  /** As it was sent, without query. */
  readonly path: string
  readonly ip: string
}

/** What is known when it is over. */
export interface FinishedRequest extends StartedRequest {
  readonly route: string
  readonly status: number
  readonly user: string | undefined
  readonly tenant: string | undefined
  readonly durationMillis: number
  readonly aborted: boolean
}

/** A log record to be. */
export interface LogLine {
  readonly message: string
  readonly fields?: Readonly<Record<string, unknown>> | undefined
}

/** The completion of a request as fields: the default of the access log. */
export function toAccessFields(request: FinishedRequest): LogLine {
  const { requestId, method, path, status, user = null, ip, durationMillis } = request
  const fields = { request_id: requestId, method, path, status, user, ip }
  return { message: 'request', fields: { ...fields, duration_ms: Math.round(durationMillis) } }
}

/** The completion of a request as one line of text: `192.0.2.7 user-1 "GET /wallets" 200 12ms 0f9c…`. */
export function toAccessLine(request: FinishedRequest): LogLine {
  const { requestId, method, path, status, user = '-', ip, durationMillis } = request
  const what = `"${toWord(method)} ${toWord(path)}"`
  return {
    message: `${ip} ${toWord(user)} ${what} ${status} ${Math.round(durationMillis)}ms ${requestId}`,
  }
}

/** The beginning of a request. */
export function toStartFields({ requestId, method, path, ip }: StartedRequest): LogLine {
  return { message: 'request started', fields: { request_id: requestId, method, path, ip } }
}

/** Something that people who watch for attacks want to see. */
export function toSecurityEvent(request: FinishedRequest): LogLine {
  const { method, path, status, user = 'anonymous', ip, durationMillis } = request
  const who = `user=${toWord(user)} ip=${ip}`
  return {
    message: `security_event path=${toWord(path)} method=${toWord(method)} status=${status} ${who} duration_ms=${Math.round(durationMillis)}`,
    fields: { request_id: request.requestId },
  }
}
