import type { Redaction } from '../core/redaction.ts'
import { createValueTexts } from './evidence-text.ts'

/** Nesting that evidence may have, by docs/design/audit.md. */
export const MAX_EVIDENCE_DEPTH = 128

/** Who records: what each evidence of a process says of where it comes from. */
export interface Origin {
  readonly resource: OriginResource
  /** Applied before the evidence is made: what it hides is never written. */
  readonly redaction: Redaction
}

/** What is needed of an OpenTelemetry resource. */
export interface OriginResource {
  readonly attributes: object
  /** Whether some attributes are still being found out. */
  readonly asyncAttributesPending?: boolean | undefined
  /** Attributes with the promises of those that are still being found out. */
  getRawAttributes?(): readonly (readonly [key: string, value: unknown])[]
}

const NOTHING_HIDDEN: Redaction = {
  isSecret: () => false,
  text: (text) => text,
  isPlain: () => false,
}
const texts = createValueTexts({
  maxDepth: MAX_EVIDENCE_DEPTH,
  strict: false,
  redaction: NOTHING_HIDDEN,
})
const settled = new WeakMap<OriginResource, string>()

/**
 * The text of a resource's attributes in evidence, with what is known of it now.
 *
 * Nothing waits for detectors: an audit record must not depend on a cloud's metadata service.
 */
export function resourceText(resource: OriginResource): string {
  const known = settled.get(resource)
  if (known !== undefined) return known
  const text = toText(knownAttributes(resource))
  if (!resource.asyncAttributesPending) settled.set(resource, text)
  return text
}

/** What is known of a resource now; the resource itself complains when it is asked while it waits. */
export function knownAttributes(resource: OriginResource): object {
  if (!resource.asyncAttributesPending) return resource.attributes
  const attributes: Record<string, unknown> = Object.create(null)
  for (const [key, value] of resource.getRawAttributes?.() ?? []) {
    // The first of a name counts, as in the resource.
    if (!isPromise(value) && !(key in attributes)) attributes[key] = value
  }
  return attributes
}

function toText(attributes: object): string {
  return `{"attributes":[${texts.list(attributes, 1)}]}`
}

function isPromise(value: unknown): boolean {
  return typeof (value as PromiseLike<unknown> | null | undefined)?.then === 'function'
}
