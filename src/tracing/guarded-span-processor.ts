import { diag } from '@opentelemetry/api'
import type { SpanProcessor } from '@opentelemetry/sdk-trace'
import { toReason } from '../core/errors.ts'

/** What an application hands its values to. */
const METHODS = [
  'setAttribute',
  'setAttributes',
  'addEvent',
  'recordException',
  'setStatus',
] as const

type Method = (this: unknown, ...given: unknown[]) => unknown
type Methods = Record<(typeof METHODS)[number], Method>

const guarded = new WeakSet<object>()

/**
 * Keeps spans from throwing into the application: the SDK looks into the values that it is given, and a getter that throws, a
 * revoked proxy or endless nesting would throw from there. Such a value is not on the span, and that is said once.
 *
 * The class of the SDK's spans is not exported, so that it is found by the first span; its methods are replaced once, because
 * wrapping each span would cost each span.
 */
export function createGuardedSpanProcessor(): SpanProcessor {
  return {
    onStart(span) {
      const methods = Object.getPrototypeOf(span) as Methods
      if (guarded.has(methods)) return
      guarded.add(methods)
      for (const name of METHODS) {
        if (typeof methods[name] === 'function') methods[name] = guard(name, methods[name])
      }
    },
    onEnd: () => undefined,
    forceFlush: async () => undefined,
    shutdown: async () => undefined,
  }
}

function guard(name: string, method: Method): Method {
  return function guardedMethod(...given) {
    try {
      return method.apply(this, given)
    } catch (error) {
      diag.warn(`${name}() of a span could not use what it was given: ${toReason(error)}`)
      return this
    }
  }
}
