import { toReason } from './errors.ts'
import { isTurnOver, nextTurn } from './event-loop-turn.ts'

/** A whole answer over HTTP, for whichever framework sends it. */
export interface HttpAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** An answer whose body may be too long to be put together in one turn of the event loop. */
export interface AnyAnswer extends Omit<HttpAnswer, 'body'> {
  /** The body, or texts that make it one after the other, each of whole characters. */
  readonly body: string | readonly string[]
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

/** How much text becomes bytes in one turn of the event loop: well under a millisecond's work. */
const PIECE_CHARACTERS = 65_536

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
  make: () => AnyAnswer | Promise<AnyAnswer>,
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
  body: AnyAnswer['body'],
  accepted: string | string[] | undefined,
): Promise<{ readonly headers: Record<string, string>; readonly body: string | Buffer }> {
  const texts = typeof body === 'string' ? [body] : body
  const length = texts.reduce((sum, text) => sum + text.length, 0)
  if (length < MIN_COMPRESSED_CHARACTERS) return { headers: {}, body: texts.join('') }
  const headers = { vary: 'accept-encoding' }
  const bytes = await toBytes(texts)
  if (!acceptsGzip(String(accepted ?? ''))) return { headers, body: bytes }
  // To load it takes milliseconds, the first time.
  await nextTurn()
  const { promisify } = process.getBuiltinModule('node:util')
  const { gzip } = process.getBuiltinModule('node:zlib')
  await nextTurn()
  // In a thread of the pool, and with the least effort: such texts repeat themselves so much that more gains nothing.
  const compressed = await promisify(gzip)(bytes, { level: 1 })
  // What is to be sent has a turn of its own as well.
  await nextTurn()
  return { headers: { ...headers, 'content-encoding': 'gzip' }, body: compressed }
}

/** Texts as one in UTF-8, made in pieces: those of a large scrape would hold the event loop up. */
async function toBytes(texts: readonly string[]): Promise<Buffer> {
  const pieces: Buffer[] = []
  let length = 0
  for (const text of texts) {
    for (let from = 0; from < text.length;) {
      if (pieces.length > 0) await nextTurn()
      const to = endOfPiece(text, from)
      const piece = Buffer.from(text.slice(from, to))
      pieces.push(piece)
      length += piece.length
      from = to
    }
  }
  if (pieces.length === 1) return pieces[0]!
  // Not Buffer.concat(): 10 MB take it as many milliseconds.
  const whole = Buffer.allocUnsafe(length)
  let at = 0
  for (const piece of pieces) {
    at += piece.copy(whole, at)
    if (isTurnOver()) await nextTurn()
  }
  return whole
}

/** Where a piece ends: not between the two halves of a character beyond U+FFFF. */
function endOfPiece(text: string, from: number): number {
  const to = Math.min(from + PIECE_CHARACTERS, text.length)
  const last = text.charCodeAt(to - 1)
  return to < text.length && last >= 0xd800 && last < 0xdc00 ? to - 1 : to
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
