import type { Instrumentation } from '@opentelemetry/instrumentation'
import { loadPackage } from '../core/load-package.ts'
import { withHonoRoutes } from './hono-route.ts'
import { followKoaRoutes } from './koa-route.ts'

const HONO = ['>=4 <5']

/** The presets of Hono beside the usual one; each has a class of its own. */
const PRESETS = ['tiny', 'quick']

/** What ES modules import besides whole packages. */
export const ROUTE_ENTRIES: readonly string[] = PRESETS.map((preset) => `hono/${preset}`)

/**
 * What finds the routes of frameworks that tell them on no channel: Koa and Hono. They make no spans.
 *
 * @see docs/decisions/0015-routes-without-middleware-spans.md
 */
export function createRouteHooks(): Instrumentation[] {
  const {
    InstrumentationBase,
    InstrumentationNodeModuleDefinition,
    InstrumentationNodeModuleFile,
  } = loadPackage(
    '@opentelemetry/instrumentation',
  ) as typeof import('@opentelemetry/instrumentation')
  const presets = ['hono/dist/preset', 'hono/dist/cjs/preset'].flatMap((folder) =>
    PRESETS.map(
      (preset) =>
        new InstrumentationNodeModuleFile(
          `${folder}/${preset}.js`,
          HONO,
          patchHono,
          () => undefined,
        ),
    ),
  )

  class RouteHook extends InstrumentationBase {
    protected override init(): InstanceType<typeof InstrumentationNodeModuleDefinition>[] {
      return [
        new InstrumentationNodeModuleDefinition('koa', ['>=2 <4'], (exports: unknown) => {
          followKoaRoutes(defaultOf(exports) as Parameters<typeof followKoaRoutes>[0])
          return exports
        }),
        new InstrumentationNodeModuleDefinition('hono', HONO, patchHono, undefined, presets),
      ]
    }
  }
  return [new RouteHook('telltale/routes', '1', {})]
}

interface HonoExports {
  Hono: new (...args: never[]) => object
}

function patchHono(exports: HonoExports): HonoExports {
  exports.Hono = withHonoRoutes(exports.Hono)
  return exports
}

/** `require()` gives the class, `import` a namespace with it. */
function defaultOf(exports: unknown): unknown {
  return typeof exports === 'function' ? exports : (exports as { default: unknown }).default
}
