import { koaRouteOf } from '../instrumentation/instrumentation.ts'
import { createHttpTelemetry, failRequest, type HttpOptions } from './http.ts'
import type { NodeRequest, NodeResponse } from './node-messages.ts'
import { runIn } from './run-in.ts'

/** What is used of Koa's context. */
export interface KoaContextLike {
  readonly req: NodeRequest
  readonly res: NodeResponse
  /** What `@koa/router` matched. */
  readonly _matchedRoute?: string | RegExp | undefined
}

/**
 * Follows every request of a Koa application: `app.use(httpTelemetry(options))`, before anything else.
 *
 * @throws {ConfigError} `TELLTALE_CONFIG_INVALID`
 */
export function httpTelemetry(
  options: HttpOptions<KoaContextLike> = {},
): (ctx: KoaContextLike, next: () => Promise<unknown>) => Promise<void> {
  const telemetry = createHttpTelemetry(options)
  return async (ctx, next) => {
    const exchange = telemetry.begin(ctx.req, ctx.res, ctx, koaRouteOf)
    try {
      await runIn(exchange.context, next)
    } catch (error) {
      failRequest(ctx.req, error)
      throw error
    }
  }
}
