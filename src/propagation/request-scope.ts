import { createContextKey, type Context, type TextMapPropagator } from '@opentelemetry/api'

const KEY = createContextKey('telltale request scope')

/** What is known of a request, under the keys of those who know it. */
type RequestScope = Map<symbol, unknown>

/**
 * A context with a place for what becomes known of a request later, unless it has one.
 *
 * The HTTP instrumentation binds the listeners of a request to the context that it began with: what a middleware sets in a
 * context of its own is lost to whoever comes after a body parser. What it sets in the scope is not.
 */
export function withRequestScope(context: Context): Context {
  return context.getValue(KEY) === undefined
    ? context.setValue(KEY, new Map() satisfies RequestScope)
    : context
}

/** Whether what becomes known of a request has its place in a context. */
export function hasRequestScope(context: Context): boolean {
  return context.getValue(KEY) !== undefined
}

/** Sets a value for all work of the request that a context belongs to, even where the context itself did not get to. */
export function setInScope(context: Context, key: symbol, value: unknown): void {
  ;(context.getValue(KEY) as RequestScope | undefined)?.set(key, value)
}

/** A value of a context; without one, that of its request. */
export function getFromScope(context: Context, key: symbol): unknown {
  return context.getValue(key) ?? (context.getValue(KEY) as RequestScope | undefined)?.get(key)
}

/** Gives each request that comes in its scope. */
export const requestScopePropagator: TextMapPropagator = {
  inject: () => undefined,
  extract: withRequestScope,
  fields: () => [],
}
