import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { toReason } from '../core/errors.ts'
import type { Reporter } from '../core/reporter.ts'

/** What one part of the service says of itself. */
export interface HealthCheck {
  readonly status: 'healthy' | 'degraded'
  readonly [figure: string]: string | number
}

/** What the admin server answers with. */
export interface AdminSources {
  /** The text for /metrics; rejects when it cannot be made. */
  readonly metrics: () => Promise<string>
  /** What /health shows, by name. One that is degraded is seen in the status, and the answer stays 200: the process is alive. */
  readonly checks: () => Readonly<Record<string, HealthCheck>>
  /** Whether the service is about to end and wants no more requests. */
  readonly isDraining: () => boolean
}

/** Where it listens, and the variables that change it, for messages. */
export interface AdminAddress {
  readonly host: string
  readonly port: number
  readonly hostSetting: string
  readonly portSetting: string
}

/** The running admin server. */
export interface AdminServer {
  /** Whether a request belongs to it: such requests are neither traced nor counted. */
  owns(request: IncomingMessage): boolean
  /** Its base URL once it listens; nothing while it does not. */
  url(): string | undefined
  close(): Promise<void>
}

/** More than any set of scrapers and probes needs; it listens on all addresses. */
const MAX_CONNECTIONS = 256
const HEADERS_TIMEOUT_MILLIS = 10_000

/** What Prometheus expects of its text format. */
const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8'

/**
 * Starts the server for /metrics, /health and /ready.
 *
 * A port that is taken is reported and costs nothing but the server. It never keeps the process alive.
 *
 */
export function startAdminServer(
  listen: AdminAddress,
  sources: AdminSources,
  reporter: Reporter,
): AdminServer {
  // Not imported: a static import would load node:http before the module hooks are there.
  const { createServer } = process.getBuiltinModule('node:http')
  const server: Server = createServer((request, response) => {
    void answer(request, response, sources).catch((error: unknown) => {
      reporter.once('admin answer', `the admin server could not answer: ${toReason(error)}`)
      response.destroy()
    })
  })
  const fail = (error: NodeJS.ErrnoException): void => {
    const byPort = ['EADDRINUSE', 'EACCES', 'ERR_SOCKET_BAD_PORT'].includes(error.code ?? '')
    const what =
      error.code === 'EADDRINUSE' ? 'is already in use' : `cannot be used (${toReason(error)})`
    reporter.once(
      'admin listen',
      `port ${listen.port} on ${listen.host} ${what}: /metrics, /health and /ready are not served; ` +
        (byPort
          ? `set ${listen.portSetting} to another port (0 picks a free one)`
          : `set ${listen.hostSetting} to an address of this machine`),
    )
  }
  server.on('error', fail)
  server.maxConnections = MAX_CONNECTIONS
  server.headersTimeout = HEADERS_TIMEOUT_MILLIS
  // A scraper's keep-alive connection would otherwise hold the process up.
  server.on('connection', (socket) => socket.unref())
  server.on('listening', () => {
    if (listen.port === 0) reporter.say(`metrics on ${toUrl(server)}/metrics`)
  })
  server.unref()
  // exclusive: cluster workers would otherwise share the port and answer scrapes in turn.
  try {
    server.listen({ port: listen.port, host: listen.host.replace(/^\[|\]$/g, ''), exclusive: true })
  } catch (error) {
    // A port beyond 65535 is thrown, not emitted.
    fail(error as NodeJS.ErrnoException)
  }
  return {
    owns: (request) => (request.socket as { server?: unknown }).server === server,
    url: () => (server.listening ? toUrl(server) : undefined),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function toUrl(server: Server): string {
  const { address, family, port } = server.address() as AddressInfo
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  sources: AdminSources,
): Promise<void> {
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.writeHead(405, { allow: 'GET, HEAD' }).end()
    return
  }
  const path = (request.url ?? '/').split('?', 1)[0]
  if (path === '/metrics') await answerMetrics(response, sources)
  else if (path === '/health') answerHealth(response, sources.checks())
  else if (path === '/ready' && sources.isDraining()) answerStatus(response, 503, 'draining')
  else if (path === '/ready') answerStatus(response, 200, 'ready')
  else send(response, 404, 'text/plain; charset=utf-8', 'try /metrics, /health or /ready\n')
}

async function answerMetrics(response: ServerResponse, sources: AdminSources): Promise<void> {
  try {
    send(response, 200, METRICS_TYPE, await sources.metrics())
  } catch (error) {
    // Prometheus shows a 500 as a failed scrape; half a text would pass for the truth.
    send(response, 500, 'text/plain; charset=utf-8', `no metrics: ${toReason(error)}\n`)
  }
}

function answerHealth(
  response: ServerResponse,
  checks: Readonly<Record<string, HealthCheck>>,
): void {
  const isDegraded = Object.values(checks).some(({ status }) => status === 'degraded')
  answerStatus(response, 200, isDegraded ? 'degraded' : 'healthy', checks)
}

function answerStatus(
  response: ServerResponse,
  code: number,
  status: string,
  checks: Readonly<Record<string, HealthCheck>> = {},
): void {
  const body = { status, checks, timestamp: new Date().toISOString() }
  send(response, code, 'application/json; charset=utf-8', `${JSON.stringify(body)}\n`)
}

function send(response: ServerResponse, code: number, type: string, body: string): void {
  response.writeHead(code, { 'content-type': type, 'content-length': Buffer.byteLength(body) })
  response.end(body)
}
