import { TraceFlags, type Attributes } from '@opentelemetry/api'
import type { ReadableSpan, SpanProcessor } from '@opentelemetry/sdk-trace'
import { redactMember, type Redaction } from '../core/redaction.ts'

/** A span that has ended, as the object it is: its parts are plain data, and nobody else has read them yet. */
type EndedSpan = { -readonly [Key in keyof ReadableSpan]: ReadableSpan[Key] }

/**
 * Takes secrets out of spans that have ended; it stands before whatever sends them.
 *
 * Names, status messages, and the attributes of spans, events (exceptions too) and links are searched. Only what has a secret in
 * it is changed, in place: copies would cost more than the search. Names of attributes are not searched: code chooses them.
 */
export function createRedactingSpanProcessor(redaction: Redaction): SpanProcessor {
  const clean = (attributes: Attributes | undefined): void => {
    if (attributes === undefined) return
    for (const key of Object.keys(attributes)) {
      const value = attributes[key]
      const replaced = redactMember(key, value, redaction)
      if (replaced !== value) attributes[key] = replaced
    }
  }
  return {
    onStart: () => undefined,
    onEnd(ended) {
      if ((ended.spanContext().traceFlags & TraceFlags.SAMPLED) === 0) return
      const span: EndedSpan = ended
      const name = redaction.text(toText(span.name))
      if (name !== span.name) span.name = name
      const { message } = span.status
      if (message !== undefined) {
        const said = redaction.text(message)
        if (said !== message) span.status = { ...span.status, message: said }
      }
      clean(span.attributes)
      for (const event of span.events) {
        const eventName = redaction.text(toText(event.name))
        if (eventName !== event.name) (event as { name: string }).name = eventName
        clean(event.attributes)
      }
      for (const link of span.links) clean(link.attributes)
    },
    forceFlush: async () => undefined,
    shutdown: async () => undefined,
  }
}

/** JavaScript lets a name be anything, and the SDK takes it. */
function toText(name: unknown): string {
  return typeof name === 'string' ? name : typeof name
}
