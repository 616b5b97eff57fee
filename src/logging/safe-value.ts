import { cutText } from '../core/cut-text.ts'
import {
  isArrayBuffer,
  isBytes,
  isDataView,
  isDate,
  isError,
  isMap,
  isRegExp,
  isSet,
  toOwnBytes,
} from '../core/value-kinds.ts'
import { toExceptionFields } from './exception-fields.ts'

/** What one value of a log record may be at the most; what lies beyond is cut off, and a word stands in its place. */
export const SAFE_VALUE_LIMITS = {
  /** Nesting. */
  depth: 32,
  /** Members of one object, or items of one list. */
  members: 1_000,
  /** Values in all, at any depth. */
  values: 10_000,
  /** Characters, or bytes, in all, unless more is asked for. */
  length: 65_536,
} as const

/** How a value is made safe: within other limits than the usual ones, where some are given. */
export interface SafeValueOptions extends Partial<Limits> {
  /** Told of each place where something is cut off. */
  readonly onCut?: () => void
}

const CYCLE = '[circular]'
const TOO_DEEP = '[too deep]'
const TOO_LARGE = '[cut]'
const THREW = '[threw]'

type Limits = Readonly<Record<keyof typeof SAFE_VALUE_LIMITS, number>>

/** What a value may have, and what is left of it. */
interface Budget {
  values: number
  length: number
  readonly depth: number
  readonly members: number
  readonly onCut: (() => void) | undefined
}

const USUAL: SafeValueOptions = {}

/**
 * A value that any exporter can serialize: the same one if it is harmless, else a copy. In the copy, cycles, getters that throw
 * and what lies beyond {@link SAFE_VALUE_LIMITS} are a word, and what JSON does not have is what it says: dates and big integers
 * text, maps objects, sets and other lists lists, errors their type, message and stack.
 *
 * One bad record would otherwise cost its whole batch. It never throws.
 */
export function toSafeValue(value: unknown, options: SafeValueOptions = USUAL): unknown {
  if (typeof value === 'boolean' || value === undefined || value === null) return value
  if (typeof value === 'string') {
    return cut(value, options.length ?? SAFE_VALUE_LIMITS.length, options.onCut)
  }
  if (isHarmless(value, [], newBudget(options))) return value
  return copy(value, [], newBudget(options))
}

/** The same, never the one that was given: for what is read when its maker may have changed it. */
export function toOwnValue(value: unknown, options: SafeValueOptions = USUAL): unknown {
  return typeof value === 'string'
    ? toSafeValue(value, options)
    : copy(value, [], newBudget(options))
}

function newBudget({
  depth = SAFE_VALUE_LIMITS.depth,
  members = SAFE_VALUE_LIMITS.members,
  values = SAFE_VALUE_LIMITS.values,
  length = SAFE_VALUE_LIMITS.length,
  onCut,
}: SafeValueOptions): Budget {
  return { depth, members, values, length, onCut }
}

/** Walks with one list of parents: this runs for every record that carries an object. */
function isHarmless(value: unknown, parents: object[], budget: Budget): boolean {
  budget.values -= 1
  if (budget.values < 0) return false
  switch (typeof value) {
    case 'string':
      budget.length -= value.length
      return budget.length >= 0
    case 'number':
      return Number.isFinite(value)
    case 'boolean':
    case 'undefined':
      return true
    case 'object':
      return value === null || isHarmlessObject(value, parents, budget)
    default:
      return false
  }
}

function isHarmlessObject(value: object, parents: object[], budget: Budget): boolean {
  if (parents.length >= budget.depth || parents.includes(value)) return false
  parents.push(value)
  try {
    if (Array.isArray(value)) {
      return (
        value.length <= budget.members && value.every((item) => isHarmless(item, parents, budget))
      )
    }
    if (isBytes(value)) {
      return toOwnBytes(value) === value && (budget.length -= value.length) >= 0
    }
    if (!isPlain(value)) return false
    let members = 0
    for (const key in value) {
      if (key === 'constructor' || key === '__proto__') return false
      members += 1
      budget.length -= key.length
      const member = (value as Record<string, unknown>)[key]
      if (members > budget.members || !isHarmless(member, parents, budget)) return false
    }
    return true
  } catch {
    return false
  } finally {
    parents.pop()
  }
}

/** Whether there is nothing behind an object but its members. Those of another realm are copied: the SDK drops them. */
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  return (
    (prototype === Object.prototype || prototype === null) &&
    typeof (value as { toJSON?: unknown }).toJSON !== 'function'
  )
}

function copy(value: unknown, parents: readonly object[], budget: Budget): unknown {
  budget.values -= 1
  if (budget.values < 0 || budget.length <= 0) return leaveOut(TOO_LARGE, budget)
  switch (typeof value) {
    case 'object':
      break
    case 'boolean':
    case 'undefined':
      return value
    case 'number':
      return Number.isFinite(value) ? value : String(value)
    case 'function':
      return '[function]'
    default:
      return takeText(String(value), budget)
  }
  if (value === null) return null
  if (parents.includes(value)) return CYCLE
  if (parents.length >= budget.depth) return leaveOut(TOO_DEEP, budget)
  try {
    return copyObject(value, [...parents, value], budget)
  } catch {
    // A proxy, or a method of a class.
    return THREW
  }
}

function copyObject(value: object, within: readonly object[], budget: Budget): unknown {
  if (Array.isArray(value)) return copyItems(value, value.length, within, budget)
  if (isBytes(value)) return takeBytes(toOwnBytes(value), budget)
  if (isArrayBuffer(value) || isDataView(value)) {
    return takeBytes(toBytes(value), budget)
  }
  // The other lists of numbers: not as objects, whose keys would be a list ten times as long.
  if (ArrayBuffer.isView(value)) {
    const items = value as unknown as Iterable<unknown> & { readonly length: number }
    return copyItems(items, items.length, within, budget)
  }
  if (isBoxed(value)) return copy(value.valueOf(), within, budget)
  if (isError(value)) return copyError(value, within, budget)
  if (isDate(value)) {
    return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString()
  }
  if (isMap(value)) return copyEntries(value, value.size, within, budget)
  if (isSet(value)) return copyItems(value, value.size, within, budget)
  if (isRegExp(value)) return takeText(String(value), budget)
  const { toJSON } = value as { toJSON?: unknown }
  if (typeof toJSON === 'function') return copy(toJSON.call(value), within, budget)
  return copyMembers(value, within, budget)
}

function copyItems(
  items: Iterable<unknown>,
  size: number,
  within: readonly object[],
  budget: Budget,
): unknown[] {
  const copies: unknown[] = []
  for (const item of items) {
    if (copies.length >= budget.members || budget.values <= 0) {
      copies.push(leaveOut(`[${size - copies.length} more]`, budget))
      break
    }
    copies.push(copy(item, within, budget))
  }
  return copies
}

function copyEntries(
  entries: Iterable<readonly [unknown, unknown]>,
  size: number,
  within: readonly object[],
  budget: Budget,
): Record<string, unknown> {
  const copies: Record<string, unknown> = Object.create(null)
  let count = 0
  for (const [key, value] of entries) {
    if (count >= budget.members || budget.values <= 0) {
      copies['[more]'] = leaveOut(size - count, budget)
      break
    }
    count += 1
    const name = typeof key === 'object' && key !== null ? `[${count}]` : String(key)
    copies[toName(name, budget)] = copy(value, within, budget)
  }
  return copies
}

/** The keys of a huge object are a huge list themselves; they are read as long as there is room. */
function copyMembers(
  value: object,
  within: readonly object[],
  budget: Budget,
): Record<string, unknown> {
  const copies: Record<string, unknown> = Object.create(null)
  const keys = Object.keys(value)
  for (const [index, key] of keys.entries()) {
    if (index >= budget.members || budget.values <= 0) {
      copies['[more]'] = leaveOut(keys.length - index, budget)
      break
    }
    const name = toName(key, budget)
    try {
      copies[name] = copy((value as Record<string, unknown>)[key], within, budget)
    } catch {
      copies[name] = THREW
    }
  }
  return copies
}

function copyError(error: Error, within: readonly object[], budget: Budget): unknown {
  const fields = toExceptionFields(error)
  return {
    type: takeText(fields['exception.type'], budget),
    message: takeText(fields['exception.message'], budget),
    stacktrace: takeText(fields['exception.stacktrace'] ?? '', budget),
    // What the class adds, such as a code.
    ...copyMembers(error, within, budget),
  }
}

/** The SDK drops whatever has a member named so, which anybody could make use of who may name one. */
function toName(key: string, budget: Budget): string {
  return key === 'constructor' || key === '__proto__' ? `[${key}]` : takeText(key, budget)
}

function toBytes(value: ArrayBufferLike | DataView): Uint8Array {
  return isArrayBuffer(value)
    ? new Uint8Array(value)
    : new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
}

function takeBytes(bytes: Uint8Array, budget: Budget): Uint8Array {
  const kept = bytes.subarray(0, Math.max(0, budget.length))
  if (kept.length < bytes.length) budget.onCut?.()
  budget.length -= kept.length
  return kept
}

/** `new String()` and the like, of other realms too. */
function isBoxed(value: object): boolean {
  return BOXES.has(Object.prototype.toString.call(value))
}

const BOXES = new Set(['[object String]', '[object Number]', '[object Boolean]'])

function takeText(text: string, budget: Budget): string {
  const kept = cut(text, Math.max(0, budget.length), budget.onCut)
  budget.length -= text.length
  return kept
}

/** What stands in the place of something that is cut off. */
function leaveOut<Word>(word: Word, { onCut }: Budget): Word {
  onCut?.()
  return word
}

function cut(text: string, length: number, onCut: (() => void) | undefined): string {
  if (text.length <= length) return text
  onCut?.()
  return `${cutText(text, length)}… ${TOO_LARGE}`
}
