import {
  areSecretBytes,
  hideItem,
  isSecretNumber,
  REDACTED,
  secretByNeighbours,
  secretBySiblings,
  secretByTurns,
  TELLING_SIBLINGS,
  type Redaction,
} from '../core/redaction.ts'
import { isBytes, isDate, isPlainObject } from '../core/value-kinds.ts'

/** What a value may be, and how deep. */
export interface ValueRules {
  /** The value of an attribute has depth 1. */
  readonly maxDepth: number
  /**
   * Whether what evidence cannot say as it is gets refused (NaN, functions, instances of classes); else it is as empty as
   * OpenTelemetry makes it. Strict members that are undefined are left out.
   */
  readonly strict: boolean
  readonly redaction: Redaction
}

/** Thrown for a value that the rules refuse; which one, the caller finds out when it matters. */
export class ValueRefused extends Error {}

/** Texts of values, as docs/design/audit.md, section 2 has them. */
export interface ValueTexts {
  /** The text of an AnyValue. */
  value(value: unknown, depth: number): string
  /** The text of a list of attributes, without its brackets; `only` picks members by their key. */
  list(members: object, depth: number, only?: (key: string) => boolean): string
}

interface Key {
  readonly name: string
  /** As it will be read: without secrets, and without what UTF-8 cannot carry. */
  readonly read: string
  /** Everything before the value. */
  readonly before: string
  /** The same and what stands before a text that is the value. */
  readonly beforeText: string
  /** The same, behind another one. */
  readonly nextText: string
  readonly isSecret: boolean
}

/** The keys of an object as they came, and as they will be read. */
interface Shape {
  readonly given: readonly string[]
  readonly sorted: readonly Key[]
  /** Whether one of them may be secret by what stands beside it. */
  readonly mayTell: boolean
}

const MIN_INT64 = -(2n ** 63n)
const MAX_INT64 = 2n ** 63n - 1n

/** Keys whose texts are kept; a map whose keys are user input has any number of them. */
const MAX_KEYS = 2_000
const MAX_KEY_LENGTH = 128

/** Shapes that are kept: the details of an event nearly always have that of the record before. */
const MAX_SHAPES = 8
const MAX_KEYS_OF_SHAPE = 64

/** Creates the texts of values under one set of rules. */
export function createValueTexts({ maxDepth, strict, redaction }: ValueRules): ValueTexts {
  const keys = new Map<string, Key>()
  const keyOf = (key: string): Key => {
    let found = keys.get(key)
    if (!found) {
      const read = redaction.text(key).toWellFormed()
      const before = `{"key":${toJsonText(read)},"value":`
      const beforeText = `${before}{"stringValue":"`
      const nextText = `,${beforeText}`
      const isSecret = redaction.isSecret(key)
      found = { name: key, read, before, beforeText, nextText, isSecret }
      if (keys.size < MAX_KEYS && key.length <= MAX_KEY_LENGTH) keys.set(key, found)
    }
    return found
  }

  const shapes: Shape[] = []
  let nextShape = 0
  const shapeOf = (members: object): Shape => {
    const given = Object.keys(members)
    for (const shape of shapes) if (isSame(shape.given, given)) return shape
    const shape: Shape = {
      given,
      sorted: given.map(keyOf).sort(byWhatIsRead),
      mayTell: TELLING_SIBLINGS.some((key) => given.includes(key)),
    }
    const isSmall = given.length <= MAX_KEYS_OF_SHAPE
    if (isSmall && given.every((key) => key.length <= MAX_KEY_LENGTH)) {
      shapes[nextShape] = shape
      nextShape = (nextShape + 1) % MAX_SHAPES
    }
    return shape
  }

  const value = (given: unknown, depth: number): string => {
    if (depth > maxDepth) throw new ValueRefused(`nested deeper than ${maxDepth} levels`)
    switch (typeof given) {
      case 'string':
        return `{"stringValue":"${cleanText(given, redaction)}${TEXT_END}`
      case 'number':
        return number(given)
      case 'boolean':
        return given ? '{"boolValue":true}' : '{"boolValue":false}'
      case 'bigint':
        return bigInteger(given)
      case 'object':
        return given === null ? '{}' : object(given, depth)
      default:
        return empty(given)
    }
  }

  const number = (given: number): string => {
    if (isSecretNumber(given, redaction)) return toStringValue(REDACTED)
    if (Number.isSafeInteger(given)) return `{"intValue":"${given}"}`
    if (Number.isFinite(given)) return `{"doubleValue":${given}}`
    if (strict) throw new ValueRefused(`${given}`)
    return `{"doubleValue":"${given}"}`
  }

  const bigInteger = (given: bigint): string => {
    const digits = String(given)
    const text = redaction.text(digits)
    // Text in details: readers of JSON would take a large number for a double, and its last digits would go.
    return strict || text !== digits || given < MIN_INT64 || given > MAX_INT64
      ? `{"stringValue":"${text}"}`
      : `{"intValue":"${text}"}`
  }

  const object = (given: object, depth: number): string => {
    if (Array.isArray(given)) return array(given, depth)
    // First, because nearly all are.
    if (isPlainObject(given)) return members(given, depth)
    if (isBytes(given)) {
      return areSecretBytes(given, redaction) ? toStringValue(REDACTED) : toBytesValue(given)
    }
    if (isDate(given)) {
      return Number.isNaN(given.getTime()) ? empty(given) : toStringValue(given.toISOString())
    }
    return strict ? empty(given) : members(given, depth)
  }

  const members = (given: object, depth: number): string => {
    return `{"kvlistValue":{"values":[${list(given, depth + 1)}]}}`
  }

  const array = (
    given: readonly unknown[],
    depth: number,
    hidden = secretByNeighbours(given, redaction.isSecret),
  ): string => {
    let text = '{"arrayValue":{"values":['
    // Not map(): it leaves holes out.
    for (let index = 0; index < given.length; index += 1) {
      if (index > 0) text += ','
      text += value(hidden?.has(index) ? hideItem(given[index]) : given[index], depth + 1)
    }
    return `${text}]}}`
  }

  const member = (name: string, given: unknown, depth: number): string =>
    // As Node.js gives the headers of a request.
    name === 'rawHeaders' && Array.isArray(given) && depth <= maxDepth
      ? array(given, depth, secretByTurns(given, redaction.isSecret))
      : value(given, depth)

  const empty = (given: unknown): string => {
    if (strict) throw new ValueRefused(typeof given)
    return '{}'
  }

  const list = (members: object, depth: number, only?: (key: string) => boolean): string => {
    let text = ''
    const { sorted, mayTell } = shapeOf(members)
    const hidden = mayTell ? secretBySiblings(members, redaction.isSecret) : undefined
    for (const key of sorted) {
      if (only && !only(key.name)) continue
      const given = (members as Record<string, unknown>)[key.name]
      if (strict && given === undefined) continue
      if ((key.isSecret || hidden?.has(key.name)) && isSomething(given)) {
        text += text === '' ? key.beforeText : key.nextText
        text += `${REDACTED}${TEXT_END}}`
      } else if (typeof given === 'string' && depth <= maxDepth) {
        text += text === '' ? key.beforeText : key.nextText
        text += cleanText(given, redaction)
        text += `${TEXT_END}}`
      } else {
        if (text !== '') text += ','
        text += `${key.before}${member(key.name, given, depth)}}`
      }
    }
    return text
  }
  return { value, list }
}

/** What has to be escaped in JSON by RFC 8785, and what UTF-8 may not be able to carry. */
// oxlint-disable-next-line no-control-regex -- these are the ones that need an escape
const NEEDS_CARE = /["\\\u0000-\u001F\uD800-\uDFFF]/

/** What ends the AnyValue of a text. */
export const TEXT_END = '"}'

/** A text as it stands between the quotes of its JSON text; lone surrogates become U+FFFD. */
export function escapeText(text: string): string {
  return NEEDS_CARE.test(text) ? JSON.stringify(text.toWellFormed()).slice(1, -1) : text
}

/** A text without its secrets, as it stands between the quotes of its JSON text. */
export function cleanText(text: string, redaction: Redaction): string {
  return redaction.isPlain(text) ? text : escapeText(redaction.text(text))
}

/** Flags of a span as evidence has them, an integer of 32 bits; 0, which says nothing, for what is none. */
export function toFlags(flags: unknown): number {
  return typeof flags === 'number' && flags === flags >>> 0 ? flags : 0
}

/** The JSON text of a text. */
export function toJsonText(text: string): string {
  return `"${escapeText(text)}"`
}

/** The AnyValue of a text. */
export function toStringValue(text: string): string {
  return `{"stringValue":"${escapeText(text)}${TEXT_END}`
}

function toBytesValue(bytes: Uint8Array): string {
  const { buffer, byteOffset, byteLength } = bytes
  return `{"bytesValue":"${Buffer.from(buffer, byteOffset, byteLength).toString('base64')}"}`
}

function isSame(left: readonly string[], right: readonly string[]): boolean {
  if (left.length !== right.length) return false
  for (let index = 0; index < left.length; index += 1) {
    if (left[index] !== right[index]) return false
  }
  return true
}

/** By UTF-16 code units, as JavaScript compares texts. Keys that are read as the same one stay in the order in which they came. */
function byWhatIsRead(left: Key, right: Key): number {
  return left.read < right.read ? -1 : left.read > right.read ? 1 : 0
}

/** Whether there is anything to hide. */
function isSomething(value: unknown): boolean {
  return value !== undefined && value !== null
}
