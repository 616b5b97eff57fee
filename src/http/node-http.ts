import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { isPromise } from '../core/value-kinds.ts'
import { createHttpTelemetry, failRequest, type HttpOptions } from './http.ts'
import { runIn } from './run-in.ts'

/** What HTTP telemetry is told of a server without a framework. */
export interface NodeHttpOptions extends HttpOptions<IncomingMessage> {
  /** The template of the route that a request matched, asked for at its end: only the application knows. */
  route?(request: IncomingMessage): string | undefined
}

type Listener = (request: IncomingMessage, response: ServerResponse) => unknown
type UpgradeListener = (request: IncomingMessage, socket: Duplex, head: Buffer) => unknown

/** Follows what a server of `node:http` gets. */
export interface NodeHttpTelemetry {
  /** For `createServer()`: calls `listener` for each request, which is followed to the end of its response. */
  handler(listener: Listener): Listener
  /** For the event `upgrade`: calls `listener`, and ends the request with the status that it answers. */
  upgrade(listener: UpgradeListener): UpgradeListener
}

/**
 * Follows the requests of a server without a framework, or with one that has no adapter here.
 *
 * @throws {ConfigError} `TELLTALE_CONFIG_INVALID`
 */
export function httpTelemetry(options: NodeHttpOptions = {}): NodeHttpTelemetry {
  const telemetry = createHttpTelemetry(options)
  const routeOf = (request: IncomingMessage): string | undefined => options.route?.(request)
  return {
    handler: (listener) => (request, response) => {
      const exchange = telemetry.begin(request, response, request, routeOf)
      return run(request, () => runIn(exchange.context, () => listener(request, response)))
    },
    upgrade: (listener) => (request, socket, head) => {
      const exchange = telemetry.begin(request, undefined, request, routeOf)
      return run(request, () => runIn(exchange.context, () => listener(request, socket, head)))
    },
  }
}

/** Keeps what the listener throws or rejects with, and lets it go where it would have gone. */
function run(request: IncomingMessage, listener: () => unknown): unknown {
  const fail = (error: unknown): never => {
    failRequest(request, error)
    throw error
  }
  try {
    const answer = listener()
    return isPromise(answer) ? answer.then(undefined, fail) : answer
  } catch (error) {
    return fail(error)
  }
}
