import { honoRouteOf, type HonoRoute } from '../instrumentation/instrumentation.ts'
import { createHttpTelemetry, failRequest, type HttpOptions } from './http.ts'
import type { NodeRequest, NodeResponse } from './node-messages.ts'
import { runIn } from './run-in.ts'

/** What is used of Hono's context; `env` is that of `@hono/node-server`. */
export interface HonoContextLike {
  readonly env?: unknown
  readonly error?: Error | undefined
  readonly req: { readonly matchedRoutes?: readonly HonoRoute[] }
}

interface NodeServerBindings {
  readonly incoming?: NodeRequest
  readonly outgoing?: NodeResponse
}

/**
 * Follows every request of a Hono application: `app.use(httpTelemetry(options))`, before anything else.
 *
 * It is the response of Node.js that is followed, to its last byte: without `@hono/node-server`, as in `app.request()`,
 * requests pass unseen.
 *
 * @throws {ConfigError} `TELLTALE_CONFIG_INVALID`
 */
export function httpTelemetry(
  options: HttpOptions<HonoContextLike> = {},
): (c: HonoContextLike, next: () => Promise<void>) => Promise<void> {
  const telemetry = createHttpTelemetry(options)
  return async (c, next) => {
    const { incoming, outgoing } = (c.env ?? {}) as NodeServerBindings
    if (!incoming) return next()
    const exchange = telemetry.begin(incoming, outgoing, c, routeOf)
    await runIn(exchange.context, next)
    if (c.error) failRequest(incoming, c.error)
  }
}

function routeOf({ req }: HonoContextLike): string | undefined {
  return honoRouteOf(req.matchedRoutes ?? [])
}
