import { context } from '@opentelemetry/api'
import { setRoute } from '../propagation/propagation.ts'

/** What is used of the class Koa. */
interface KoaClass {
  readonly prototype: { createContext(this: KoaApp, ...args: unknown[]): object }
}

interface KoaApp {
  /** What the context of each request inherits from. */
  readonly context: object
}

const FOLLOWED = Symbol('telltale routes')
const ROUTE = Symbol('telltale route')

/** Gives each request's SERVER span the route that `@koa/router`, or another one, notes on the context. */
export function followKoaRoutes({ prototype }: KoaClass): void {
  const { createContext } = prototype
  if (FOLLOWED in createContext) return
  const followed = function (this: KoaApp, ...args: unknown[]): object {
    if (!(ROUTE in this.context)) noteRoutes(this.context)
    return createContext.apply(this, args)
  }
  prototype.createContext = Object.assign(followed, { [FOLLOWED]: true })
}

function noteRoutes(prototype: object): void {
  Object.defineProperties(prototype, {
    [ROUTE]: { value: undefined, writable: true, configurable: true },
    // What routers of Koa tell others by.
    _matchedRoute: {
      configurable: true,
      get(this: { [ROUTE]?: unknown }) {
        return this[ROUTE]
      },
      set(this: { [ROUTE]?: unknown }, route: string | RegExp | undefined) {
        this[ROUTE] = route
        if (route) setRoute(context.active(), String(route))
      },
    },
  })
}
