import { TraceFlags, type Attributes } from '@opentelemetry/api'
import type { ReadableSpan, SpanProcessor } from '@opentelemetry/sdk-trace'
import { cutText, ownText } from '../core/cut-text.ts'
import type { Reporter } from '../core/reporter.ts'
import { sizeWithin } from '../core/value-size.ts'

/** A span that has ended, as the object it is: its parts are plain data, and nobody else has read them yet. */
type EndedSpan = { -readonly [Key in keyof ReadableSpan]: ReadableSpan[Key] }

/** What one span may have at the most, in characters; a limit that is set for values may raise both sums. */
const BOUNDS = {
  /** In all. */
  span: 524_288,
  /** A status, or a list or an object with all that is in it. */
  part: 65_536,
  /** A name: of the span, an event or an attribute. */
  name: 1_024,
  /** An attribute of the span that stays, however much the others have. */
  short: 256,
} as const

const CUT = '[cut]'

/**
 * Cuts down, in place, what no back end takes: the Collector drops a span that does not fit into its own requests, and with it the
 * others of the batch. It stands before whatever reads ended spans, and says it once.
 *
 * @param valueLength - longest text of an attribute; the SDK has cut those
 * @see docs/decisions/0023-what-is-too-long-is-cut.md
 */
export function createBoundingSpanProcessor(
  valueLength: number,
  reporter: Reporter,
): SpanProcessor {
  const spanLength = Math.max(BOUNDS.span, valueLength + BOUNDS.part)
  const partLength = Math.max(BOUNDS.part, valueLength)
  return {
    onStart: () => undefined,
    onEnd(ended) {
      if ((ended.spanContext().traceFlags & TraceFlags.SAMPLED) === 0) return
      const beyond = boundSpan(ended, { valueLength, partLength, spanLength })
      if (beyond === undefined) return
      reporter.once(
        'span length',
        `a span is too large (first because of ${beyond}): what is beyond ${valueLength} characters of a text, ${BOUNDS.name} of a name and ${spanLength} in all is cut off`,
      )
    },
    forceFlush: async () => undefined,
    shutdown: async () => undefined,
  }
}

interface Lengths {
  readonly valueLength: number
  readonly partLength: number
  readonly spanLength: number
}

/** Answers what was too long, if anything was. */
function boundSpan(
  span: EndedSpan,
  { valueLength, partLength, spanLength }: Lengths,
): string | undefined {
  let left = spanLength
  let beyond: string | undefined

  span.name = text(span.name, BOUNDS.name, 'its name')
  const { message } = span.status
  if (message !== undefined) {
    const short = text(message, partLength, 'its status')
    if (short !== message) span.status = { ...span.status, message: short }
  }
  members(span.attributes, BOUNDS.short)
  for (const event of span.events) {
    ;(event as { name: string }).name = text(event.name, BOUNDS.name, 'the name of an event')
    part(event)
  }
  for (const link of span.links) part(link)
  return beyond

  /** Attributes of an event or a link: there can be thousands, so that none is kept when there is no room. */
  function part(of: { attributes?: Attributes }): void {
    if (of.attributes === undefined) return
    if (left > 0) members(of.attributes, 0)
    else if (Object.keys(of.attributes).length > 0) {
      beyond ??= 'its events or links'
      of.attributes = {}
    }
  }

  function members(attributes: Attributes, short: number): void {
    for (const key of Object.keys(attributes)) {
      const given = attributes[key]
      const kept = value(given, key, short)
      if (key.length > BOUNDS.name) {
        delete attributes[key]
        attributes[text(key, BOUNDS.name, 'the name of an attribute')] = kept
        continue
      }
      left -= key.length
      if (kept !== given) attributes[key] = kept
    }
  }

  function value(given: Attributes[string], key: string, short: number): Attributes[string] {
    if (typeof given === 'string') {
      if (given.length > short) return text(given, valueLength, `the attribute "${key}"`)
      left -= given.length
      return given
    }
    if (typeof given !== 'object' || given === null) return given
    const size = sizeWithin(given, Math.min(left, partLength))
    if (size !== undefined) {
      left -= size
      return given
    }
    beyond ??= `the attribute "${key}"`
    return Array.isArray(given) ? firstItems(given) : CUT
  }

  function firstItems(items: readonly unknown[]): unknown[] {
    let room = Math.min(left, partLength)
    const kept = items.slice(
      0,
      items.findIndex((item) => (room -= sizeWithin(item, room) ?? Infinity) < 0),
    )
    left -= partLength
    return kept
  }

  function text(given: string, most: number, what: string): string {
    // JavaScript lets a name be anything, and the SDK takes it.
    if (typeof given !== 'string') return given
    if (given.length < most && given.length <= left) {
      left -= given.length
      return given
    }
    // As long as it may be is what the SDK has cut: still a part of the whole, which it would hold in memory.
    const room = Math.max(0, Math.min(most, left))
    left -= room
    if (given.length > room || most >= BOUNDS.part) beyond ??= what
    if (given.length <= room) return ownText(given)
    return room === 0 ? CUT : cutText(given, room)
  }
}
