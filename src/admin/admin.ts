import type { IncomingMessage, Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { toReason } from '../core/errors.ts'
import { sendAnswer, textAnswer, type AnyAnswer, type HttpAnswer } from '../core/http-answer.ts'
import type { Reporter } from '../core/reporter.ts'
import { answerLogLevel, LOG_LEVEL_PATH } from './log-level-route.ts'

/** What the admin server answers GET and HEAD with, by path. */
export type AdminRoutes = Readonly<Record<string, () => AnyAnswer | Promise<AnyAnswer>>>

/** Where it listens, and the variables that change it, for messages. */
export interface AdminAddress {
  readonly host: string
  readonly port: number
  readonly hostSetting: string
  readonly portSetting: string
  /** How long a connection may stand still, in milliseconds. Default 60 000. */
  readonly idleMillis?: number
}

/** The running admin server. */
export interface AdminServer {
  /** Whether a request belongs to it: such requests are neither traced nor counted. */
  owns(request: IncomingMessage): boolean
  /** Its base URL once it listens; nothing while it does not. */
  url(): string | undefined
  /** Connections that are open now. */
  connections(): Promise<number>
  close(): Promise<void>
}

/** More than any set of scrapers and probes needs; it listens on all addresses. */
const MAX_CONNECTIONS = 256
const HEADERS_TIMEOUT_MILLIS = 10_000

/** Longer than a scrape takes at worst; who reads nothing for so long would hold a connection, and the text, for ever. */
const IDLE_MILLIS = 60_000

/**
 * Starts the server for /metrics, /health and the like.
 *
 * A port that is taken is reported and costs nothing but the server. It never keeps the process alive.
 */
export function startAdminServer(
  listen: AdminAddress,
  routes: AdminRoutes,
  reporter: Reporter,
): AdminServer {
  // Not imported: a static import would load node:http before the module hooks are there.
  const { createServer } = process.getBuiltinModule('node:http')
  const paths = Object.keys(routes).join(', ')
  const notFound = (): HttpAnswer => textAnswer(404, `try ${paths}\n`)
  const onError = (reason: string): void => {
    reporter.once('admin answer', `the admin server could not answer: ${reason}`)
  }
  const server: Server = createServer((request, response) => {
    const path = (request.url ?? '/').split('?', 1)[0]!
    if (path === LOG_LEVEL_PATH) {
      // It decides itself about methods: this is the one thing here that can be changed.
      void sendAnswer({ method: 'GET' }, response, async () => answerLogLevel(request), onError)
      return
    }
    const make = Object.hasOwn(routes, path) ? routes[path]! : notFound
    void sendAnswer(request, response, make, onError)
  })
  const fail = (error: NodeJS.ErrnoException): void => {
    const byPort = ['EADDRINUSE', 'EACCES', 'ERR_SOCKET_BAD_PORT'].includes(error.code ?? '')
    const what =
      error.code === 'EADDRINUSE' ? 'is already in use' : `cannot be used (${toReason(error)})`
    reporter.once(
      'admin listen',
      `port ${listen.port} on ${listen.host} ${what}: ${paths} are not served; ` +
        (byPort
          ? `set ${listen.portSetting} to another port (0 picks a free one)`
          : `set ${listen.hostSetting} to an address of this machine`),
    )
  }
  server.on('error', fail)
  server.maxConnections = MAX_CONNECTIONS
  server.headersTimeout = HEADERS_TIMEOUT_MILLIS
  // Without a listener for it such a connection is destroyed.
  server.timeout = listen.idleMillis ?? IDLE_MILLIS
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
    connections: () =>
      new Promise((resolve) => server.getConnections((_error, count) => resolve(count ?? 0))),
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
