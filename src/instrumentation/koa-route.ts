import { context } from '@opentelemetry/api'
import { setRoute } from '../propagation/propagation.ts'

/** What is used of Koa's context. */
interface KoaRouted {
  /** What `@koa/router` matched. */
  readonly _matchedRoute?: string | RegExp | undefined
  /** What `koa-mount` found this at, and what lies below. */
  readonly mountPath?: unknown
  readonly path?: string
  readonly originalUrl?: string
}

/** What is used of the class Koa. */
interface KoaClass {
  readonly prototype: { createContext(this: KoaApp, ...args: unknown[]): object }
}

interface KoaApp {
  /** What the context of each request inherits from. */
  readonly context: object
}

const FOLLOWED = Symbol('telltale routes')
const MATCHED = Symbol('telltale matched route')
const ROUTE = Symbol('telltale route')

/** What is kept on a context. */
interface KoaContext extends KoaRouted {
  [MATCHED]?: string | RegExp | undefined
  [ROUTE]?: string
}

/** Gives each request's SERVER span the route that `@koa/router`, or another one, notes on the context. */
export function followKoaRoutes({ prototype }: KoaClass): void {
  const { createContext } = prototype
  if (FOLLOWED in createContext) return
  const followed = function (this: KoaApp, ...args: unknown[]): object {
    if (!(MATCHED in this.context)) noteRoutes(this.context)
    return createContext.apply(this, args)
  }
  prototype.createContext = Object.assign(followed, { [FOLLOWED]: true })
}

/** The template of the route that a request of Koa matched. */
export function koaRouteOf(ctx: KoaRouted): string | undefined {
  const { [ROUTE]: route, _matchedRoute: matched } = ctx as KoaContext
  return route ?? (matched === undefined ? undefined : String(matched))
}

function noteRoutes(prototype: object): void {
  // The application's own object, which it may have closed.
  if (!Object.isExtensible(prototype) || Object.isSealed(prototype)) return
  Object.defineProperties(prototype, {
    [MATCHED]: { value: undefined, writable: true, configurable: true },
    [ROUTE]: { value: undefined, writable: true, configurable: true },
    // What routers of Koa tell others by.
    _matchedRoute: {
      configurable: true,
      get(this: KoaContext) {
        return this[MATCHED]
      },
      set(this: KoaContext, matched: string | RegExp | undefined) {
        this[MATCHED] = matched
        if (!matched) return
        const base = mountedAt(this)
        this[ROUTE] = base !== '' && matched === '/' ? base : base + String(matched)
        setRoute(context.active(), this[ROUTE])
      },
    },
  })
}

/** What was taken off the path on the way here: names that the application chose, because `koa-mount` knows no parameters. */
function mountedAt({ mountPath, path = '', originalUrl = '' }: KoaRouted): string {
  if (typeof mountPath !== 'string') return ''
  const [original = ''] = originalUrl.split('?', 1)
  const end = original.endsWith(path) ? original.length - path.length : original.length
  if (end === original.length && path !== '/') return ''
  const base = original.slice(0, end)
  return base.endsWith(mountPath) ? base : ''
}
