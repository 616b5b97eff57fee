import { expressRouteOf } from '../instrumentation/instrumentation.ts'
import { createHttpTelemetry, failRequest, type HttpOptions } from './http.ts'
import type { NodeRequest, NodeResponse } from './node-messages.ts'
import { runIn } from './run-in.ts'

/** What is used of Express' request. */
export interface ExpressRequestLike extends NodeRequest {
  readonly originalUrl?: string
  readonly baseUrl?: string
  readonly route?: { readonly path?: string | RegExp }
}

type Next = (error?: unknown) => void

/**
 * Follows every request of an Express application: `app.use(httpTelemetry(options))`, before anything else.
 *
 * @throws {ConfigError} `TELLTALE_CONFIG_INVALID`
 */
export function httpTelemetry(
  options: HttpOptions<ExpressRequestLike> = {},
): (request: ExpressRequestLike, response: NodeResponse, next: Next) => void {
  const telemetry = createHttpTelemetry(options)
  return (request, response, next) => {
    const exchange = telemetry.begin(request, response, request, expressRouteOf)
    runIn(exchange.context, next)
  }
}

/** Logs the errors that requests failed with: `app.use(recordErrors())`, after all routes. */
export function recordErrors(): (
  error: unknown,
  request: ExpressRequestLike,
  response: NodeResponse,
  next: Next,
) => void {
  return (error, request, _response, next) => {
    failRequest(request, error)
    next(error)
  }
}
