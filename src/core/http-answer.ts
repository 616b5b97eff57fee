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
  readonly headers?: Readonly<Record<string, string | string[] | undefined>> | undefined
}

/** What is needed of Node's response. */
export interface AnswerableResponse {
  writeHead(status: number, headers: Record<string, string>): unknown
  end(body?: string | Buffer): unknown
  destroy(): unknown
}

/** Below that the headers weigh more than what is saved. */
const MIN_COMPRESSED_CHARACTERS = 1_024

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
    const sent = await encode(body, request.headers?.['accept-encoding'])
    response.writeHead(status, {
      ...headers,
      ...sent.headers,
      'content-length': String(Buffer.byteLength(sent.body)),
    })
    response.end(sent.body)
  } catch (error) {
    onError(toReason(error))
    response.destroy()
  }
}

/** Compresses what is worth it for who can read it. */
async function encode(
  body: string,
  accepted: string | string[] | undefined,
): Promise<{ readonly headers: Record<string, string>; readonly body: string | Buffer }> {
  if (body.length < MIN_COMPRESSED_CHARACTERS) return { headers: {}, body }
  const headers = { vary: 'accept-encoding' }
  if (!acceptsGzip(String(accepted ?? ''))) return { headers, body }
  // In a thread of the pool, and with the least effort: such texts repeat themselves so much that more gains nothing.
  const { promisify } = process.getBuiltinModule('node:util')
  const { gzip } = process.getBuiltinModule('node:zlib')
  const compressed = await promisify(gzip)(body, { level: 1 })
  return { headers: { ...headers, 'content-encoding': 'gzip' }, body: compressed }
}

/** Whether gzip is among the accepted encodings and not ruled out: `gzip;q=0`. */
function acceptsGzip(accepted: string): boolean {
  const qualities = new Map(
    accepted.split(',').map((part) => {
      const [coding = '', ...parameters] = part
        .toLowerCase()
        .split(';')
        .map((each) => each.trim())
      const quality = parameters.find((each) => each.startsWith('q='))
      return [coding, quality === undefined ? 1 : Number(quality.slice(2))] as const
    }),
  )
  return (qualities.get('gzip') ?? qualities.get('*') ?? 0) > 0
}
