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
  /** How Koa answers what was thrown, also by the stream of a body. */
  onerror?(error: Error): void
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
    onError(ctx, () => telemetry.keepRequestId(ctx.req, ctx.res))
    try {
      await runIn(exchange.context, next)
    } catch (error) {
      failRequest(ctx.req, error)
      throw error
    }
  }
}

/** Koa takes every header off a response that failed, and the id is asked for then most of all. */
function onError(ctx: KoaContextLike, tell: () => void): void {
  const { onerror } = ctx
  // Not by an assignment, which throws when the application has frozen its own context.
  Object.defineProperty(ctx, 'onerror', {
    configurable: true,
    writable: true,
    value(this: KoaContextLike, error: Error) {
      if (error) tell()
      return onerror?.call(this, error)
    },
  })
}
