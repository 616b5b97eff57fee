import { context, type Context } from '@opentelemetry/api'
import { randomUUID } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { hasRequestScope, isRequestId } from '../propagation/propagation.ts'
import { checkHttpOptions } from './check-options.ts'
import { createClientAddress } from './client-address.ts'
import { Exchange } from './exchange.ts'
import { guarded } from './guarded.ts'
import type { HttpOptions } from './http-options.ts'
import { toRules } from './http-rules.ts'
import type { StartedRequest } from './log-lines.ts'
import { headerOf, type NodeRequest, type NodeResponse } from './node-messages.ts'
import { howOver, whenOver } from './open-requests.ts'
import { pathOf } from './request-path.ts'
import { whenAnswered } from './upgrade-answer.ts'

export type { AccessLogOptions, HttpOptions, SecurityEventOptions } from './http-options.ts'
export {
  toAccessFields,
  toAccessLine,
  type FinishedRequest,
  type LogLine,
  type StartedRequest,
} from './log-lines.ts'
export {
  countRequests,
  gaugeRequests,
  timeRequests,
  type RequestFacts,
  type RequestFeed,
} from './request-feeds.ts'
export { templatePath } from './request-path.ts'

/** What is told of the requests of an application. */
export interface HttpTelemetry<Request> {
  /**
   * A request has come in: from now on it is followed to its end. Whoever calls this twice for one request gets the same
   * answer, and changes nothing but who knows the route.
   *
   * Never throws; what cannot be followed runs as if nobody did.
   *
   * @param response - without one, as after an upgrade, the status is read from what is written to the connection
   */
  begin(
    raw: NodeRequest,
    response: NodeResponse | undefined,
    request: Request,
    routeOf: (request: Request) => string | undefined,
  ): BegunRequest
  /** Sees to it that the response has the id of its request, whoever takes its headers off from now on. Never throws. */
  keepRequestId(raw: NodeRequest, response: NodeResponse): void
}

/** What the work of a request is to run in. */
export interface BegunRequest {
  readonly context: Context
}

/** On the request itself: a WeakMap of so many short-lived keys is what the garbage collector is slowest with. */
const FOLLOWED = Symbol('telltale exchange')

function exchangeOf(raw: NodeRequest): Exchange | undefined {
  return (raw as { [FOLLOWED]?: Exchange })[FOLLOWED]
}

/**
 * Puts together what is told of requests, for any framework.
 *
 * @throws {ConfigError} `TELLTALE_CONFIG_INVALID`
 */
export function createHttpTelemetry<Request>(
  options: HttpOptions<Request>,
): HttpTelemetry<Request> {
  checkHttpOptions(options)
  const rules = toRules(options)
  const addressOf = createClientAddress(options)
  const { requestIdHeader: header = 'x-request-id' } = options
  const received = header.toLowerCase()

  const follow: HttpTelemetry<Request>['begin'] = (raw, response, request, routeOf) => {
    const known = exchangeOf(raw)
    if (known) {
      known.routedBy(() => routeOf(request))
      return known
    }
    const given = headerOf(raw, received)
    const requestId = isRequestId(given) ? given : randomUUID()
    const started: StartedRequest = {
      requestId,
      method: raw.method ?? 'GET',
      path: pathOf((raw as { originalUrl?: string }).originalUrl ?? raw.url),
      ip: addressOf(raw),
    }
    const isBound = hasRequestScope(context.active())
    const exchange = new Exchange(rules, request, raw, started, () => routeOf(request))
    Object.defineProperty(raw, FOLLOWED, { value: exchange })
    let status: number | undefined
    const end = whenOver(raw, response, (isWhole) => {
      if (response && (isWhole || hasBegun(response))) status ??= response.statusCode
      exchange.end(status, isWhole)
    })
    const over = howOver(raw, response)
    if (over !== undefined) end(over)
    // Whoever takes the connection over for a web socket leaves the response unused.
    if (!response || headerOf(raw, 'upgrade')?.toLowerCase() === 'websocket') {
      whenAnswered(raw.socket as Duplex, response, (answered) => {
        status = answered
        end(true)
      })
    }
    if (!isBound) bindListeners(exchange.context, raw, response)
    if (response && !response.headersSent) {
      guarded('the header of the request id', () => response.setHeader(header, requestId))
    }
    return exchange
  }
  return {
    begin: (...given) =>
      guarded('the beginning of a request', () => follow(...given)) ?? {
        context: context.active(),
      },
    keepRequestId(raw, response) {
      const id = exchangeOf(raw)?.started.requestId
      if (id === undefined || response.headersSent) return
      guarded('the header of the request id', () => setAtLast(response, header, id))
    },
  }
}

/** Whether anything of a response was sent: one that waits in a pipeline for its turn has no connection yet. */
function hasBegun({ headersSent, socket }: NodeResponse): boolean {
  return headersSent && socket !== null
}

/** Sets a header as late as can be: when the head is written. */
function setAtLast(given: NodeResponse, name: string, value: string): void {
  const response = given as ServerResponse
  const writeHead = response.writeHead.bind(response)
  response.writeHead = (...args: unknown[]): ServerResponse => {
    if (!response.headersSent && !response.hasHeader(name)) response.setHeader(name, value)
    return Reflect.apply(writeHead, response, args) as ServerResponse
  }
}

/** What the instrumentation of `node:http` does, which knows nothing of HTTP/2: a body that is read must not lose the context. */
function bindListeners(given: Context, raw: NodeRequest, response: NodeResponse | undefined): void {
  context.bind(given, raw)
  if (response) context.bind(given, response)
}

/** Keeps the error that a request failed with, for the log. */
export function failRequest(raw: NodeRequest, error: unknown): void {
  exchangeOf(raw)?.fail(error)
}
