/**
 * What a value is, whichever realm it comes from.
 *
 * What a context of `node:vm` has made (a test under Jest, a plug-in, the script of a workflow) is no `instanceof` of our Error,
 * Date or Map, and inside such a context what Node.js itself makes is none: an error of `fs`, the answer of `fetch()`, a structured
 * clone. To take them for plain objects would lose what they say, and the secrets in bytes would not be seen.
 */
import { isNativeError } from 'node:util/types'

// Not from node:util, which loads modules that are patched later.
export {
  isAnyArrayBuffer as isArrayBuffer,
  isDataView,
  isDate,
  isMap,
  isPromise,
  isRegExp,
  isSet,
  isUint8Array as isBytes,
} from 'node:util/types'

/** Whether a value is an error. @throws what a proxy throws when it is looked at */
export function isError(value: unknown): value is Error {
  // An AbortError of Node.js 22.15 is none to isNativeError(); what only inherits from Error is none to it anywhere.
  return value instanceof Error || isNativeError(value) || tagOf(value) === '[object DOMException]'
}

/** Whether an error holds several. @throws what a proxy throws when it is looked at */
export function isAggregateError(value: unknown): value is AggregateError {
  return isError(value) && Array.isArray((value as Partial<AggregateError>).errors)
}

/** Whether an object is only a map of its members, and no instance of a class. */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null || isRoot(prototype as object)
}

/** `Object.prototype` of whatever realm: nothing stands above it, and classes that extend null have none of its methods. */
function isRoot(prototype: object): boolean {
  return Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype, 'isPrototypeOf')
}

/** The same bytes as a Uint8Array of this realm: OpenTelemetry's SDK knows no other. */
export function toOwnBytes(bytes: Uint8Array): Uint8Array {
  if (bytes instanceof Uint8Array) return bytes
  const { buffer, byteOffset, byteLength } = bytes as Uint8Array
  return new Uint8Array(buffer, byteOffset, byteLength)
}

function tagOf(value: unknown): string {
  return Object.prototype.toString.call(value)
}
