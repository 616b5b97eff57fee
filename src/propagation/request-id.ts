import { createContextKey, type Context } from '@opentelemetry/api'
import { getFromScope, setInScope } from './request-scope.ts'

const KEY = createContextKey('telltale request id')

/** What a request id may be: it goes into headers, log lines and URLs of log searches as it is. */
const REQUEST_ID = /^[A-Za-z0-9][A-Za-z0-9._~:/+=@-]{0,127}$/

/** A context whose logs, spans and audit records belong to the request `id`. */
export function withRequestId(context: Context, id: string): Context {
  return context.setValue(KEY, id)
}

/** Makes all work of the request that a context belongs to belong to `id`. */
export function setRequestId(context: Context, id: string): void {
  setInScope(context, KEY, id)
}

/** The id of the request that a context belongs to. */
export function requestIdOf(context: Context): string | undefined {
  return getFromScope(context, KEY) as string | undefined
}

/**
 * Whether a text from outside can be taken as a request id: 1 to 128 letters, digits and `._~:/+=@-`, the first a letter or
 * digit. Everything else could end a header or a log line, or be a formula in somebody's table.
 */
export function isRequestId(value: unknown): value is string {
  return typeof value === 'string' && REQUEST_ID.test(value)
}
