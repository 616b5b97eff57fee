import type { Attributes, Span, SpanOptions, Tracer, TracerProvider } from '@opentelemetry/api'
import { toReason } from '../core/errors.ts'
import type { Reporter } from '../core/reporter.ts'

const THREW = '[threw]'

/** Methods of the SDK's spans that read what they are given, and throw what it throws. */
const READING = [
  'setAttribute',
  'setAttributes',
  'addEvent',
  'addLink',
  'addLinks',
  'recordException',
  'setStatus',
  'updateName',
  'end',
] as const

type Method = (this: unknown, ...given: unknown[]) => unknown
type Methods = Readonly<Record<string, Method>>

/**
 * Tracers and spans whose methods never throw into the application.
 *
 * The SDK reads attributes, links and exceptions where they are given, and throws what their getters and proxies throw. Here such
 * a span is started with what can be read of them, such a call adds nothing, and either is said once.
 */
export function createGuardedTracerProvider<Provider extends TracerProvider>(
  provider: Provider,
  reporter: Reporter,
): Provider {
  const say = (error: unknown): void => {
    reporter.once('span', `part of a span could not be read: ${toReason(error)}`)
  }
  const guards = new WeakMap<object, Methods>()
  /** The guarded methods of a class of spans: the same for all of them. */
  const guardsOf = (prototype: object): Methods => {
    const known = guards.get(prototype)
    if (known) return known
    const made = Object.fromEntries(
      READING.map((name) => [name, guard((prototype as Methods)[name]!, say)]),
    )
    guards.set(prototype, made)
    return made
  }
  return Object.assign(Object.create(provider) as Provider, {
    getTracer(...given: Parameters<TracerProvider['getTracer']>): Tracer {
      const tracer = provider.getTracer(...given)
      // startActiveSpan() of the SDK calls this.startSpan().
      return Object.assign(Object.create(tracer) as Tracer, {
        startSpan(...of: Parameters<Tracer['startSpan']>): Span {
          const span = startSpan(tracer, of, say)
          if (span.isRecording()) Object.assign(span, guardsOf(Object.getPrototypeOf(span)))
          return span
        },
      })
    },
  })
}

function guard(method: Method, say: (error: unknown) => void): Method {
  return function guarded(this: unknown, ...given: unknown[]): unknown {
    try {
      return method.apply(this, given)
    } catch (error) {
      say(error)
      return this
    }
  }
}

function startSpan(
  tracer: Tracer,
  [name, options, context]: Parameters<Tracer['startSpan']>,
  say: (error: unknown) => void,
): Span {
  const text = typeof name === 'string' ? name : typeof name
  try {
    return tracer.startSpan(text, options, context)
  } catch (error) {
    say(error)
    const span = tracer.startSpan(text, toPlainOptions(options), context)
    for (const [key, value] of readable(member(options, 'attributes'))) {
      try {
        span.setAttribute(key, value)
      } catch {
        span.setAttribute(key, THREW)
      }
    }
    return span
  }
}

/** What cannot throw when it is read, without attributes and links. */
function toPlainOptions(options: unknown): SpanOptions {
  const [kind, root, startTime] = ['kind', 'root', 'startTime'].map((key) => member(options, key))
  return {
    ...(typeof kind === 'number' && { kind }),
    ...(root === true && { root }),
    ...(typeof startTime === 'number' && { startTime }),
  }
}

function readable(attributes: unknown): [string, Attributes[string]][] {
  try {
    return Object.keys(attributes ?? {}).map((key) => [key, member(attributes, key, THREW)])
  } catch {
    return []
  }
}

function member(of: unknown, key: string, instead?: string): unknown {
  try {
    return (of as Readonly<Record<string, unknown>> | undefined)?.[key]
  } catch {
    return instead
  }
}
