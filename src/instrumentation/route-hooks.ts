import type { Instrumentation } from '@opentelemetry/instrumentation'
import { loadPackage } from '../core/load-package.ts'
import { withHonoRoutes } from './hono-route.ts'
import { followKoaRoutes } from './koa-route.ts'

/**
 * What finds the routes of frameworks that tell them on no channel: Koa and Hono. They make no spans.
 *
 * @see docs/decisions/0015-routes-without-middleware-spans.md
 */
export function createRouteHooks(): Instrumentation[] {
  const { InstrumentationBase, InstrumentationNodeModuleDefinition } = loadPackage(
    '@opentelemetry/instrumentation',
  ) as typeof import('@opentelemetry/instrumentation')

  class RouteHook extends InstrumentationBase {
    protected override init(): InstanceType<typeof InstrumentationNodeModuleDefinition>[] {
      return [
        new InstrumentationNodeModuleDefinition('koa', ['>=2 <4'], (exports: unknown) => {
          followKoaRoutes(defaultOf(exports) as Parameters<typeof followKoaRoutes>[0])
          return exports
        }),
        new InstrumentationNodeModuleDefinition('hono', ['>=4 <5'], (exports: HonoExports) => {
          exports.Hono = withHonoRoutes(exports.Hono)
          return exports
        }),
      ]
    }
  }
  return [new RouteHook('telltale/routes', '1', {})]
}

interface HonoExports {
  Hono: new (...args: never[]) => object
}

/** `require()` gives the class, `import` a namespace with it. */
function defaultOf(exports: unknown): unknown {
  return typeof exports === 'function' ? exports : (exports as { default: unknown }).default
}
