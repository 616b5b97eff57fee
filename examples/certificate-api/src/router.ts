import type { IncomingMessage, ServerResponse } from 'node:http'

/** What a request was answered. */
export interface Answer {
  readonly status: number
  readonly body: object
}

/** A request that a route was found for. */
export interface Match {
  readonly request: IncomingMessage
  /** What stood in the place of `:id`, if the route has one. */
  readonly id: string
  /** The body, read as JSON. */
  json(): Promise<unknown>
}

/** What is served under a method and a template such as `/certificates/:id`. */
export interface Route {
  readonly method: string
  readonly template: string
  /** What the caller's token must allow; nothing for a route that is open to all. */
  readonly scope?: string
  handle(match: Match): Promise<Answer>
}

/** The body is no JSON, or too long. */
export class BodyError extends Error {
  override readonly name = 'BodyError'
}

const MAX_BODY_BYTES = 100_000

/** Finds the route of a request. */
export function findRoute(
  routes: readonly Route[],
  { method = 'GET', url = '/' }: IncomingMessage,
): { readonly route: Route; readonly id: string } | undefined {
  const path = url.split('?', 1)[0] ?? '/'
  for (const route of routes) {
    if (route.method !== method) continue
    const pattern = new RegExp(`^${route.template.replace(':id', '(?<id>[^/]+)')}$`)
    const match = pattern.exec(path)
    if (match) return { route, id: match.groups?.['id'] ?? '' }
  }
  return undefined
}

/** Reads a body. @throws {BodyError} */
export async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > MAX_BODY_BYTES) throw new BodyError('the body is too long')
    chunks.push(chunk)
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8')) as unknown
  } catch (error) {
    throw new BodyError('the body is no JSON', { cause: error })
  }
}

/** Sends an answer as JSON. */
export function send(response: ServerResponse, { status, body }: Answer): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' })
  response.end(JSON.stringify(body))
}
