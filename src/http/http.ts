import { context, type Context } from '@opentelemetry/api'
import { randomUUID } from 'node:crypto'
import type { Duplex } from 'node:stream'
import { isRequestId } from '../propagation/propagation.ts'
import { createClientAddress } from './client-address.ts'
import { Exchange } from './exchange.ts'
import { guarded } from './guarded.ts'
import type { HttpOptions } from './http-options.ts'
import { toRules } from './http-rules.ts'
import type { StartedRequest } from './log-lines.ts'
import { headerOf, type NodeRequest, type NodeResponse } from './node-messages.ts'
import { whenOver } from './open-requests.ts'
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
   * @param response - without one, `end()` must be called
   */
  begin(
    raw: NodeRequest,
    response: NodeResponse | undefined,
    request: Request,
    routeOf: (request: Request) => string | undefined,
  ): BegunRequest
  /** Ends a request without a response of its own, such as an upgrade. */
  end(raw: NodeRequest, status: number): void
}

/** What the work of a request is to run in. */
export interface BegunRequest {
  readonly context: Context
}

interface Followed {
  readonly exchange: Exchange
  end(status: number): void
}

/** On the request itself: a WeakMap of so many short-lived keys is what the garbage collector is slowest with. */
const FOLLOWED = Symbol('telltale exchange')

function followedOf(raw: NodeRequest): Followed | undefined {
  return (raw as { [FOLLOWED]?: Followed })[FOLLOWED]
}

/**
 * Puts together what is told of requests, for any framework.
 *
 * @throws {ConfigError} `TELLTALE_CONFIG_INVALID`
 */
export function createHttpTelemetry<Request>(
  options: HttpOptions<Request>,
): HttpTelemetry<Request> {
  const rules = toRules(options)
  const addressOf = createClientAddress(options)
  const { requestIdHeader: header = 'x-request-id' } = options
  const received = header.toLowerCase()

  const follow: HttpTelemetry<Request>['begin'] = (raw, response, request, routeOf) => {
    const known = followedOf(raw)
    if (known) {
      known.exchange.routedBy(() => routeOf(request))
      return known.exchange
    }
    const given = headerOf(raw, received)
    const requestId = isRequestId(given) ? given : randomUUID()
    const started: StartedRequest = {
      requestId,
      method: raw.method ?? 'GET',
      path: pathOf((raw as { originalUrl?: string }).originalUrl ?? raw.url),
      ip: addressOf(raw),
    }
    const exchange = new Exchange(rules, request, raw, started, () => routeOf(request))
    let status: number | undefined
    const end = whenOver(raw, response, (isWhole) => {
      if (response && (isWhole || response.headersSent)) status ??= response.statusCode
      exchange.end(status, isWhole)
    })
    const followed: Followed = {
      exchange,
      end(given) {
        status = given
        end(true)
      },
    }
    Object.defineProperty(raw, FOLLOWED, { value: followed })
    // Whoever takes the connection over for a web socket leaves the response unused.
    if (response && headerOf(raw, 'upgrade')?.toLowerCase() === 'websocket') {
      whenAnswered(raw.socket as Duplex, (answered) => {
        status = answered
        end(true)
      })
    }
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
    end: (raw, status) => followedOf(raw)?.end(status),
  }
}

/** Keeps the error that a request failed with, for the log. */
export function failRequest(raw: NodeRequest, error: unknown): void {
  followedOf(raw)?.exchange.fail(error)
}
