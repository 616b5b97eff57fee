import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Caller } from './authentication.ts'

/** What a request was answered. */
export interface Answer {
  readonly status: number
  readonly body: object
}

/** A request that a route was found for. */
export interface Match {
  /** Who is asking, as their token says. */
  readonly caller: Caller
  /** What stood in the place of `:id`, if the route has one. */
  readonly id: string
  /** The body, read as JSON. */
  json(): Promise<unknown>
}

/** What is served under a method and a template such as `/certificates/:id`. */
export interface Route {
  readonly method: string
  readonly template: string
  /** What the caller's token must allow. */
  readonly scope: string
  handle(match: Match): Promise<Answer>
}

/** The body is no JSON (400), or too long (413). */
export class BodyError extends Error {
  override readonly name = 'BodyError'
  readonly statusCode: 400 | 413

  constructor(statusCode: 400 | 413, message: string, options?: ErrorOptions) {
    super(message, options)
    this.statusCode = statusCode
  }
}

const MAX_BODY_BYTES = 100_000

/** Finds the route of a request. */
export function findRoute(
  routes: readonly Route[],
  request: IncomingMessage,
): { readonly route: Route; readonly id: string } | undefined {
  const path = pathOf(request)
  for (const route of routes) {
    if (route.method !== request.method) continue
    const pattern = new RegExp(`^${route.template.replace(':id', '(?<id>[^/]+)')}$`)
    const match = pattern.exec(path)
    if (match) return { route, id: match.groups?.['id'] ?? '' }
  }
  return undefined
}

/** What stands before the question mark. */
export function pathOf({ url = '/' }: IncomingMessage): string {
  return url.split('?', 1)[0] ?? '/'
}

/** Reads a body. @throws {BodyError} */
export async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = []
  let bytes = 0
  // Left open at the end: whoever sent too much gets an answer.
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    bytes += (chunk as Buffer).length
    if (bytes > MAX_BODY_BYTES) throw new BodyError(413, 'the body is too long')
    chunks.push(chunk as Buffer)
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8')) as unknown
  } catch (error) {
    throw new BodyError(400, 'the body is no JSON', { cause: error })
  }
}

/** Sends an answer as JSON. */
export function send(response: ServerResponse, { status, body }: Answer): void {
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    // What is left of a body that nobody reads is not the next request.
    ...(status === 413 && { connection: 'close' }),
  })
  response.end(JSON.stringify(body))
}
