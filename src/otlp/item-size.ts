import { sizeOfMembers, sizeOfValue } from '../core/value-size.ts'

/** What is counted of a span, as far as it can be large. */
export interface SizedSpan {
  readonly name: string
  readonly status: { readonly message?: string }
  readonly attributes: object
  readonly events: readonly { readonly name: string; readonly attributes?: object }[]
  readonly links: readonly { readonly attributes?: object }[]
}

/** What is counted of a log record. */
export interface SizedLogRecord {
  readonly body?: unknown
  readonly eventName?: string | undefined
  readonly attributes: object
}

/** Ids, times and the words around them on the wire. */
const AROUND = 256

/** About how many characters a span becomes when it is sent. */
export function sizeOfSpan({ name, status, attributes, events, links }: SizedSpan): number {
  let size = AROUND + name.length + (status.message?.length ?? 0) + sizeOfMembers(attributes)
  for (const event of events) size += AROUND + event.name.length + sizeOfMembers(event.attributes)
  for (const link of links) size += AROUND + sizeOfMembers(link.attributes)
  return size
}

/** About how many characters a log record becomes when it is sent. */
export function sizeOfLogRecord({ body, eventName, attributes }: SizedLogRecord): number {
  return AROUND + sizeOfValue(body) + (eventName?.length ?? 0) + sizeOfMembers(attributes)
}
