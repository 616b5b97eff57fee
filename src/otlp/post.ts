import { context } from '@opentelemetry/api'
import type { Agent, ClientRequest } from 'node:http'
import { setImmediate } from 'node:timers'
import { loadPackage } from '../core/load-package.ts'
import type { TlsMaterial } from './target.ts'
import { createUnrefAgent } from './unref-agent.ts'

/** Answer to an OTLP request. */
export interface PostAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  /** At most its first kilobytes. */
  readonly body: Uint8Array
}

/** Sends one OTLP request and waits for its answer; rejects when there is none in time. */
export type Post = (body: Uint8Array, timeoutMillis: number) => Promise<PostAnswer>

const MAX_ANSWER_BYTES = 4_096

/** What is written to the socket in one turn of the event loop: to hand it all to the system at once takes a millisecond. */
const BYTES_PER_TURN = 64 * 1_024

/** How a client uses its connections. */
export interface PostOptions {
  /** Whether the process lives on while an answer is awaited. Default true. */
  readonly keepsAlive?: boolean
  /** Connections at the most. Default 8. */
  readonly maxSockets?: number
}

/** A client for one OTLP/HTTP address, on keep-alive connections of its own; never traced. */
export function createPost(
  url: string,
  headers: Readonly<Record<string, string>>,
  tls: TlsMaterial,
  { keepsAlive = true, maxSockets = 8 }: PostOptions = {},
): Post {
  const { suppressTracing } = loadPackage(
    '@opentelemetry/core',
  ) as typeof import('@opentelemetry/core')
  let agent: Agent | undefined
  return (body, timeoutMillis) =>
    context.with(suppressTracing(context.active()), () => {
      // Not imported: a static import would load it before the module hooks are there.
      const http = process.getBuiltinModule(url.startsWith('https:') ? 'node:https' : 'node:http')
      agent ??= keepsAlive
        ? new http.Agent({ keepAlive: true, maxSockets, ...tls })
        : createUnrefAgent(url.startsWith('https:') ? 'https:' : 'http:', tls, maxSockets)
      return new Promise<PostAnswer>((resolve, reject) => {
        const request = http.request(
          url,
          {
            agent: agent!,
            method: 'POST',
            headers: { ...headers, 'content-length': body.byteLength },
            signal: AbortSignal.timeout(Math.max(1, Math.ceil(timeoutMillis))),
          },
          (response) => {
            const chunks: Buffer[] = []
            let size = 0
            response.on('data', (chunk: Buffer) => {
              if (size < MAX_ANSWER_BYTES) chunks.push(chunk)
              size += chunk.length
            })
            response.on('error', reject)
            response.on('end', () =>
              resolve({
                status: response.statusCode ?? 0,
                headers: response.headers,
                body: Buffer.concat(chunks).subarray(0, MAX_ANSWER_BYTES),
              }),
            )
          },
        )
        request.on('error', (error) =>
          reject(error.name === 'AbortError' ? new Error('no answer in time') : error),
        )
        writeInTurns(request, body)
      })
    })
}

/** Writes the body a part at a time, so that whatever else waits for the event loop has its turn in between. */
function writeInTurns(request: ClientRequest, body: Uint8Array): void {
  let at = 0
  const writeNext = (): void => {
    // It has been given up: the request says why by itself.
    if (request.destroyed) return
    const part = body.subarray(at, at + BYTES_PER_TURN)
    at += part.byteLength
    if (at === body.byteLength) request.end(part)
    else if (request.write(part)) setImmediate(writeNext)
    else request.once('drain', () => setImmediate(writeNext))
  }
  writeNext()
}
