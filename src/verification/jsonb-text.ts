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
  const keys = members.size > 1 ? [...members.keys()].sort(compareKeys) : members.keys()
  let text = ''
  for (const key of keys) {
    text += `${text === '' ? '{' : ', '}${JSON.stringify(key)}: ${members.get(key)}`
  }
  return `${text}}`
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
function toNumericText(number: number): string {
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
function compareKeys(a: string, b: string): number {
  const [left, right] = [Buffer.byteLength(a), Buffer.byteLength(b)]
  if (left !== right) return left - right
  if (left === a.length && right === b.length) return a < b ? -1 : 1
  return Buffer.compare(Buffer.from(a), Buffer.from(b))
}
