import type { IncomingMessage } from 'node:http'
import { jsonAnswer, type HttpAnswer } from '../core/http-answer.ts'
import { isLogLevel, LOG_LEVELS, logLevels } from '../logging/logging.ts'

/** Where the levels are shown and changed. */
export const LOG_LEVEL_PATH = '/loglevel'

/** Longest body that is read; a change takes a few dozen characters. */
const MAX_BODY_BYTES = 1_024

/** Addresses of this machine, as a socket shows them. */
const LOOPBACK_ADDRESS =
  /^(?:127\.\d{1,3}\.\d{1,3}\.\d{1,3}|::1|::ffff:127\.\d{1,3}\.\d{1,3}\.\d{1,3})$/i

/** Names of this machine in a Host or Origin header, with any port. */
const LOOPBACK_HOST = /^(?:localhost|127\.\d{1,3}\.\d{1,3}\.\d{1,3}|\[::1\])(?::\d{1,5})?$/i

/** Headers by which a proxy says that it speaks for somebody else, and the beginning of more of them. */
const OF_PROXIES: ReadonlySet<string> = new Set([
  'forwarded',
  'via',
  'x-real-ip',
  'x-client-ip',
  'x-cluster-client-ip',
  'x-envoy-external-address',
  'cf-connecting-ip',
  'true-client-ip',
  'fastly-client-ip',
])
const OF_PROXIES_BEGIN = 'x-forwarded-'

/**
 * Answers GET and PUT /loglevel, to this machine only.
 *
 * A page in a browser here, or a name in DNS that suddenly points here, is not this machine: a Host or an Origin that is not
 * loopback's is refused, and so is what a proxy hands on.
 */
export async function answerLogLevel(request: IncomingMessage): Promise<HttpAnswer> {
  const refusal = reasonToRefuse(request)
  if (refusal !== undefined) return answer(403, { error: refusal })
  if (request.method === 'GET' || request.method === 'HEAD') {
    return answer(200, logLevels.current())
  }
  if (request.method !== 'PUT') {
    return answer(405, { error: 'GET shows the levels, PUT changes one' }, ALLOWED)
  }
  const change = parseChange(await readBody(request))
  if (typeof change === 'string') return answer(400, { error: change })
  logLevels.set(change.level, change.component)
  return answer(200, logLevels.current())
}

function reasonToRefuse({ headers, httpVersion, socket }: IncomingMessage): string | undefined {
  if (!LOOPBACK_ADDRESS.test(socket.remoteAddress ?? '')) {
    return 'the log level is shown and changed from this machine only'
  }
  // HTTP/1.0 is what nginx speaks to whom it hands on to, and by itself it adds no header that says so.
  if (httpVersion === '1.0' || Object.keys(headers).some(isOfProxy)) {
    return 'the log level is not shown or changed through a proxy'
  }
  if (!LOOPBACK_HOST.test(headers.host ?? '')) {
    return 'the Host header must be localhost, 127.0.0.1 or [::1]'
  }
  const { origin } = headers
  if (origin !== undefined && !LOOPBACK_HOST.test(origin.replace(/^https?:\/\//, ''))) {
    return 'the Origin header must be of this machine'
  }
  return undefined
}

function isOfProxy(header: string): boolean {
  return OF_PROXIES.has(header) || header.startsWith(OF_PROXIES_BEGIN)
}

/** The body as text; nothing when it is too long. */
async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length
    // Read to its end all the same: to stop would cut the connection before the answer.
    if (bytes <= MAX_BODY_BYTES) chunks.push(chunk)
  }
  return bytes <= MAX_BODY_BYTES ? Buffer.concat(chunks).toString() : undefined
}

interface Change {
  readonly level: Parameters<typeof logLevels.set>[0]
  readonly component: string | undefined
}

/** What is to change, or what is wrong with it. */
function parseChange(body: string | undefined): Change | string {
  const rule = `the body must be {"level": "${LOG_LEVELS.join('" | "')}" | "default", "component"?: "…"}`
  let given: unknown
  try {
    given = JSON.parse(body ?? '')
  } catch {
    return rule
  }
  if (typeof given !== 'object' || given === null) return rule
  const { level, component, ...rest } = given as Record<string, unknown>
  if (Object.keys(rest).length > 0 || !(level === 'default' || isLogLevel(level))) return rule
  if (component !== undefined && (typeof component !== 'string' || component === '')) return rule
  return { level, component }
}

const ALLOWED = { allow: 'GET, HEAD, PUT' }

function answer(
  status: number,
  body: object,
  headers: Readonly<Record<string, string>> = {},
): HttpAnswer {
  const { headers: usual, ...rest } = jsonAnswer(status, JSON.stringify(body))
  return { ...rest, headers: { ...usual, ...headers, 'x-content-type-options': 'nosniff' } }
}
