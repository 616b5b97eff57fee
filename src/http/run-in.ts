import { context, type Context } from '@opentelemetry/api'

/** Runs `work` in a context, unless it is the active one already, as that of a request is under the instrumentation of `node:http`. */
export function runIn<Result>(given: Context, work: () => Result): Result {
  return context.active() === given ? work() : context.with(given, work)
}
