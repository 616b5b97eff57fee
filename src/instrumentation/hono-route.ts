import { context } from '@opentelemetry/api'
import { setRoute } from '../propagation/propagation.ts'

/** What Hono keeps of each `app.get()` and `app.use()`. */
export interface HonoRoute {
  readonly method: string
  readonly path: string
  readonly handler?: Handler
}

interface Handler {
  readonly length: number
  /** The handler of an application that was mounted by `route()`, within what it was wrapped in. */
  readonly __COMPOSED_HANDLER?: Handler
}

/** What is used of an application of Hono 4. */
interface HonoApp {
  readonly router: {
    match(
      method: string,
      path: string,
    ): readonly [readonly (readonly [readonly unknown[], unknown])[]]
  }
  readonly getPath: (request: Request, options: { env: unknown }) => string
  fetch: (request: Request, env?: unknown, execution?: unknown) => unknown
  basePath: (path: string) => HonoApp
}

/**
 * The template of the route among what a request matched: the last entry that is no middleware. A middleware for whatever lies
 * below a path is told from a route for it as Hono's own tools do, by the `next` that it takes.
 */
export function honoRouteOf(matched: readonly HonoRoute[]): string | undefined {
  return matched.findLast((route) => !isMiddleware(route))?.path
}

function isMiddleware({ method, path, handler }: HonoRoute): boolean {
  return method === 'ALL' && path.endsWith('*') && takesNext(handler)
}

function takesNext(handler: Handler | undefined): boolean {
  const inner = handler?.__COMPOSED_HANDLER
  return inner === undefined ? handler?.length !== 1 : takesNext(inner)
}

/** The class `Hono`, whose applications give each request's SERVER span its route. */
export function withHonoRoutes<Class extends new (...args: never[]) => object>(hono: Class): Class {
  return new Proxy(hono, {
    construct(target, args, newTarget) {
      return follow(Reflect.construct(target, args, newTarget) as HonoApp)
    },
  })
}

/** `fetch` and `basePath()` belong to each application, not to the class. */
function follow(app: HonoApp): HonoApp {
  const { fetch, basePath } = app
  app.fetch = (request, env, execution) => {
    const route = findRoute(app, request, env)
    if (route !== undefined) setRoute(context.active(), route)
    return fetch(request, env, execution)
  }
  app.basePath = (path) => follow(basePath.call(app, path))
  return app
}

function findRoute(app: HonoApp, request: Request, env: unknown): string | undefined {
  try {
    const method = request.method === 'HEAD' ? 'GET' : request.method
    const [matched] = app.router.match(method, app.getPath(request, { env }))
    return honoRouteOf(matched.map(([handler]) => handler[1] as HonoRoute))
  } catch {
    // The application will find out itself, and answers for it.
    return undefined
  }
}
