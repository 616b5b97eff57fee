import { toReason } from './errors.ts'

/** A whole answer over HTTP, for whichever framework sends it. */
export interface HttpAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** What is needed of Node's request. */
export interface AnswerableRequest {
  readonly method?: string | undefined
}

/** What is needed of Node's response. */
export interface AnswerableResponse {
  writeHead(status: number, headers: Record<string, string>): unknown
  end(body?: string): unknown
  destroy(): unknown
}

const NOT_ALLOWED: HttpAnswer = { status: 405, headers: { allow: 'GET, HEAD' }, body: '' }

/** An answer in JSON; probes and people want today's, so no cache may keep it. */
export function jsonAnswer(status: number, body: string): HttpAnswer {
  return {
    status,
    headers: { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' },
    body: `${body}\n`,
  }
}

/** An answer in plain text. */
export function textAnswer(
  status: number,
  body: string,
  type = 'text/plain; charset=utf-8',
): HttpAnswer {
  return { status, headers: { 'content-type': type }, body }
}

/**
 * Answers GET and HEAD by `make`, other methods with 405. Never throws and never rejects: what goes wrong ends the connection and
 * is handed to `onError`.
 */
export async function sendAnswer(
  request: AnswerableRequest,
  response: AnswerableResponse,
  make: () => HttpAnswer | Promise<HttpAnswer>,
  onError: (reason: string) => void,
): Promise<void> {
  try {
    const isRead = request.method === 'GET' || request.method === 'HEAD'
    const { status, headers, body } = isRead ? await make() : NOT_ALLOWED
    response.writeHead(status, {
      ...headers,
      'content-length': String(Buffer.byteLength(body)),
    })
    response.end(body)
  } catch (error) {
    onError(toReason(error))
    response.destroy()
  }
}
