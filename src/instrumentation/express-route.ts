import { context } from '@opentelemetry/api'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { setRoute } from '../propagation/propagation.ts'

/** What Express keeps on a request. */
interface ExpressRequest {
  readonly baseUrl?: string
  readonly route?: { readonly path?: string | RegExp }
}

/** What the router of Express 5 says, from its version 2.3, for each function that it calls. */
interface LayerMessage {
  readonly req?: ExpressRequest
  /** Only a handler of a route has a method; others are middlewares and routers. */
  readonly layer?: { readonly method?: string }
  /** The pattern that matched. */
  readonly route?: string | RegExp
}

interface Found {
  /** Paths that routers are mounted at, and their templates: `/tenants/17` to `/tenants/:id`. */
  readonly mounts: Map<string, string>
  route?: string
}

const CHANNEL = 'tracing:express.router.request:start'

const found = new WeakMap<ExpressRequest, Found>()

/**
 * Gives the SERVER span of an Express request, and its duration metric, the route's template.
 *
 * @returns stops listening
 */
export function listenToExpressRoutes(): () => void {
  subscribe(CHANNEL, onLayer)
  return () => void unsubscribe(CHANNEL, onLayer)
}

function onLayer(message: unknown): void {
  const { req: request, layer, route } = message as LayerMessage
  if (!request || route === undefined) return
  const known = found.get(request) ?? { mounts: new Map([['', '']]) }
  found.set(request, known)
  const base = request.baseUrl ?? ''
  if (layer?.method === undefined) {
    if (base !== '' && route !== '/') known.mounts.set(base, parentOf(base, known) + String(route))
    return
  }
  known.route = join(known.mounts.get(base) ?? base, String(route))
  setRoute(context.active(), known.route)
}

/** The template of the route that an Express request matched. */
export function expressRouteOf(request: ExpressRequest): string | undefined {
  const route = found.get(request)?.route
  if (route !== undefined) return route
  if (request.route?.path === undefined) return undefined
  // Older routers only tell what a router is mounted at by the path as it came.
  const base = (request.baseUrl ?? '').replaceAll(/(?<=\/)\d+(?=\/|$)/g, '{id}')
  return join(base, String(request.route.path))
}

/** The template of what the router at `base` is itself mounted in. */
function parentOf(base: string, { mounts }: Found): string {
  let parent = ''
  for (const path of mounts.keys()) {
    if (path.length > parent.length && path !== base && base.startsWith(`${path}/`)) parent = path
  }
  return mounts.get(parent) ?? ''
}

function join(base: string, route: string): string {
  return base !== '' && route === '/' ? base : base + route
}
