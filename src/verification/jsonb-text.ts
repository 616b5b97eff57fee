import type { EvidenceAttribute, EvidenceValue } from './evidence.ts'

/**
 * Attributes as a JSON object in the very text that PostgreSQL prints for the jsonb column: so two texts are compared, and numbers of any size keep their digits.
 *
 * Values are plain, without type tags. The last of several equal keys stays, as in jsonb.
 */
export function toJsonbText(attributes: readonly EvidenceAttribute[]): string {
  if (attributes.length === 0) return '{}'
  const members = new Map<string, string>()
  for (const attribute of attributes) members.set(keyOf(attribute), toJsonbValue(attribute.value))
  const names = [...members.keys()].map(nameOf)
  if (names.length > 1) names.sort(compareNames)
  let text = ''
  for (const name of names) {
    text += `${text === '' ? '{' : ', '}${name.text}${members.get(name.key)}`
  }
  return `${text}}`
}

/** The name of a member, with what is wanted of it each time. */
interface MemberName {
  readonly key: string
  readonly bytes: number
  /** As it stands before its value. */
  readonly text: string
}

/** Names that are kept; a trail has few, but a map whose keys are user input any number. */
const MAX_NAMES = 2_000
const MAX_KEPT_LENGTH = 256
const namesByKey = new Map<string, MemberName>()

function nameOf(key: string): MemberName {
  const known = namesByKey.get(key)
  if (known) return known
  const name = { key, bytes: Buffer.byteLength(key), text: `${JSON.stringify(key)}: ` }
  if (namesByKey.size < MAX_NAMES && key.length <= MAX_KEPT_LENGTH) namesByKey.set(key, name)
  return name
}

/** The key of an attribute as the columns show it. */
export function keyOf(attribute: EvidenceAttribute): string {
  return attribute.keyBytes === undefined
    ? printable(attribute.key!)
    : printableBytes(Buffer.from(attribute.keyBytes, 'base64'))
}

/** What PostgreSQL refuses in text, written out: NUL as `\u0000`. */
export function printable(text: string): string {
  return text.includes('\0') ? text.replaceAll('\0', String.raw`\u0000`) : text
}

/** Text that is no UTF-8, with each byte that is none as `\xNN`. */
export function printableBytes(bytes: Buffer): string {
  let text = ''
  for (let at = 0; at < bytes.length;) {
    const size = symbolSize(bytes, at)
    text +=
      size === 0
        ? String.raw`\x` + bytes[at]!.toString(16).padStart(2, '0')
        : bytes.toString('utf8', at, at + size)
    at += size || 1
  }
  return printable(text)
}

/** Bytes of the symbol at a place, 0 when there is none: RFC 3629, without surrogates and overlong forms. */
function symbolSize(bytes: Buffer, at: number): number {
  const first = bytes[at]!
  if (first < 0x80) return 1
  const size =
    first >= 0xc2 && first <= 0xdf
      ? 2
      : (first & 0xf0) === 0xe0
        ? 3
        : (first & 0xf8) === 0xf0
          ? 4
          : 0
  if (size === 0 || at + size > bytes.length) return 0
  for (let next = 1; next < size; next += 1) {
    if ((bytes[at + next]! & 0xc0) !== 0x80) return 0
  }
  const second = bytes[at + 1]!
  const isForbidden =
    (first === 0xe0 && second < 0xa0) ||
    (first === 0xed && second > 0x9f) ||
    (first === 0xf0 && second < 0x90) ||
    (first === 0xf4 && second > 0x8f) ||
    first > 0xf4
  return isForbidden ? 0 : size
}

function toJsonbValue(value: EvidenceValue): string {
  if (value.stringValue !== undefined) return JSON.stringify(printable(value.stringValue))
  if (value.intValue !== undefined) return value.intValue
  if (value.doubleValue !== undefined) {
    return typeof value.doubleValue === 'number'
      ? toNumericText(value.doubleValue)
      : JSON.stringify(value.doubleValue)
  }
  if (value.boolValue !== undefined) return String(value.boolValue)
  if (value.bytesValue !== undefined) return JSON.stringify(value.bytesValue)
  if (value.kvlistValue) return toJsonbText(value.kvlistValue.values)
  if (value.arrayValue) return `[${value.arrayValue.values.map(toJsonbValue).join(', ')}]`
  if (value.stringBytes !== undefined) {
    return JSON.stringify(printableBytes(Buffer.from(value.stringBytes, 'base64')))
  }
  return 'null'
}

/** A double as PostgreSQL's numeric prints its shortest digits: without an exponent. */
export function toNumericText(number: number): string {
  const text = String(number)
  const [digits = '', exponent] = text.split('e')
  if (exponent === undefined) return text
  const sign = digits.startsWith('-') ? '-' : ''
  const [whole = '', fraction = ''] = digits.replace('-', '').split('.')
  const shift = Number(exponent)
  return shift < 0
    ? `${sign}0.${'0'.repeat(-shift - 1)}${whole}${fraction}`
    : `${sign}${whole}${fraction}${'0'.repeat(shift - fraction.length)}`
}

/** jsonb keeps members by the length of their names in bytes, then by the bytes. */
function compareNames(a: MemberName, b: MemberName): number {
  if (a.bytes !== b.bytes) return a.bytes - b.bytes
  if (a.bytes === a.key.length && b.bytes === b.key.length) return a.key < b.key ? -1 : 1
  return Buffer.compare(Buffer.from(a.key), Buffer.from(b.key))
}
