import { isUtf8 } from 'node:buffer'

/** One attribute as the evidence writes it: `keyBytes` holds a key that is no UTF-8, in base64. */
export interface EvidenceAttribute {
  readonly key?: string
  readonly keyBytes?: string
  readonly value: EvidenceValue
}

/** An AnyValue: exactly one member, or none when it is empty. */
export interface EvidenceValue {
  readonly stringValue?: string
  readonly stringBytes?: string
  readonly intValue?: string
  readonly doubleValue?: number | string
  readonly boolValue?: boolean
  readonly bytesValue?: string
  readonly arrayValue?: { readonly values: readonly EvidenceValue[] }
  readonly kvlistValue?: { readonly values: readonly EvidenceAttribute[] }
}

/** What a record says: the evidence of format `telltale/1`, read. */
export interface Evidence {
  readonly attributes: readonly EvidenceAttribute[]
  readonly body?: EvidenceValue
  readonly eventName?: string
  readonly eventNameBytes?: string
  readonly format: string
  readonly observedTimeUnixNano?: string
  readonly resource: { readonly attributes: readonly EvidenceAttribute[] }
  readonly spanId?: string
  readonly timeUnixNano?: string
  readonly traceId?: string
}

/** Bytes that are no evidence; the message says which rule they break. */
export class EvidenceError extends Error {}

const DEEPEST = 128
const MAX_UINT64 = 2n ** 64n - 1n
const MIN_INT64 = -(2n ** 63n)
const MAX_INT64 = 2n ** 63n - 1n

/**
 * Reads evidence, and nothing but evidence: bytes that are not exactly what the format gives for what they say are refused.
 *
 * @throws {EvidenceError}
 */
export function readEvidence(bytes: Buffer): Evidence {
  const parsed = readCanonicalJson(bytes)
  checkMembers(parsed, TOP_LEVEL, 'the record')
  const evidence = parsed as unknown as Evidence
  must(evidence.format === 'telltale/1', 'format must be "telltale/1"')
  must(evidence.attributes !== undefined, 'attributes must be there')
  must(evidence.resource?.attributes !== undefined, 'resource.attributes must be there')
  must(
    evidence.observedTimeUnixNano === undefined || evidence.timeUnixNano === undefined,
    'observedTimeUnixNano must not stand beside timeUnixNano',
  )
  return evidence
}

/**
 * Reads an annex: the JCS bytes of `{"values": list of attributes}`.
 *
 * @throws {EvidenceError}
 */
export function readAnnex(bytes: Buffer): readonly EvidenceAttribute[] {
  const parsed = readCanonicalJson(bytes)
  checkMembers(parsed, { values: (value) => checkAttributes(value, 1) }, 'the annex')
  must(parsed['values'] !== undefined, 'values must be there')
  return parsed['values'] as readonly EvidenceAttribute[]
}

/** Parses JSON whose bytes are those that JCS gives, up to the order of members, which the walk checks. */
function readCanonicalJson(bytes: Buffer): Record<string, unknown> {
  must(isUtf8(bytes), 'it must be UTF-8')
  const text = bytes.toString('utf8')
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {
    throw new EvidenceError('it must be JSON')
  }
  // A second member of a name, white space, other escapes and other digits do not survive this.
  must(JSON.stringify(parsed) === text, 'it must be written as JCS writes it')
  // A lone surrogate does survive, as an escape: no UTF-8 can carry what it says.
  must(
    !text.includes(String.raw`\ud`) || !LONE_SURROGATE.test(text),
    'it must not have lone surrogates',
  )
  must(isObject(parsed), 'it must be an object')
  return parsed as Record<string, unknown>
}

/** JSON.stringify escapes surrogates only when they are alone; an escaped backslash before `u` is none. */
const LONE_SURROGATE = /(?<!\\)(?:\\\\)*\\ud[89a-f]/

type Check = (value: unknown) => void

const TOP_LEVEL: Readonly<Record<string, Check>> = {
  attributes: (value) => checkAttributes(value, 1),
  body: (value) => {
    checkValue(value, 1)
    must(Object.keys(value as object).length === 1, 'body must be left out when empty')
  },
  droppedAttributesCount: (value) => checkNumber(value, 1, 2 ** 32 - 1),
  eventName: checkText,
  eventNameBytes: checkTextBytes,
  flags: (value) => checkNumber(value, 1, 2 ** 32 - 1),
  format: checkText,
  observedTimeUnixNano: checkStamp,
  resource: (value) =>
    checkMembers(value, { attributes: (list) => checkAttributes(list, 1) }, 'resource'),
  scope: (value) => {
    checkMembers(value, SCOPE, 'scope')
    must(Object.keys(value as object).length > 0, 'scope must be left out when empty')
  },
  severityNumber: (value) => {
    checkNumber(value, -(2 ** 31), 2 ** 31 - 1)
    must(value !== 0, 'severityNumber must be left out when zero')
  },
  severityText: checkText,
  severityTextBytes: checkTextBytes,
  spanId: (value) => checkIdentifier(value, 16),
  timeUnixNano: checkStamp,
  traceId: (value) => checkIdentifier(value, 32),
}

const SCOPE: Readonly<Record<string, Check>> = {
  attributes: (value) => {
    checkAttributes(value, 1)
    must((value as unknown[]).length > 0, 'scope.attributes must be left out when empty')
  },
  name: checkText,
  nameBytes: checkTextBytes,
  version: checkText,
  versionBytes: checkTextBytes,
}

function checkMembers(value: unknown, known: Readonly<Record<string, Check>>, of: string): void {
  must(isObject(value), `${of} must be an object`)
  let before = ''
  for (const name in value as object) {
    const check = Object.hasOwn(known, name) ? known[name] : undefined
    if (!check) throw new EvidenceError(`${of} must have no member ${JSON.stringify(name)}`)
    // Written out: a message is made only when it is needed, and this runs for each member of each record.
    if (before >= name) throw new EvidenceError(`members must be sorted: ${name} after ${before}`)
    if (name.endsWith('Bytes') && name === `${before}Bytes`) {
      throw new EvidenceError(`${before} must not stand beside ${name}`)
    }
    check((value as Record<string, unknown>)[name])
    before = name
  }
}

function checkAttributes(list: unknown, depth: number): void {
  must(Array.isArray(list), 'attributes must be a list')
  let before = ''
  for (const attribute of list as EvidenceAttribute[]) {
    must(isObject(attribute), 'an attribute must be an object')
    const names = Object.keys(attribute)
    must(
      (names[0] === 'key' || names[0] === 'keyBytes') && names[1] === 'value' && names.length === 2,
      'an attribute must have a key and a value',
    )
    const key = toSortKey(attribute)
    if (before > key) {
      throw new EvidenceError(`attributes must be sorted: ${JSON.stringify(key)} comes too late`)
    }
    before = key
    checkValue(attribute.value, depth)
  }
}

function toSortKey(attribute: EvidenceAttribute): string {
  if (attribute.keyBytes === undefined) {
    must(typeof attribute.key === 'string', 'a key must be a text')
    return attribute.key!
  }
  checkTextBytes(attribute.keyBytes)
  return Buffer.from(attribute.keyBytes, 'base64').toString('latin1')
}

function checkValue(value: unknown, depth: number): void {
  must(depth <= DEEPEST, `values must not be nested deeper than ${DEEPEST}`)
  must(isObject(value), 'a value must be an object')
  let members = 0
  for (const name in value as object) {
    members += 1
    checkTagged(name, (value as Record<string, unknown>)[name], depth)
  }
  must(members <= 1, 'a value must have one member')
}

function checkTagged(name: string, content: unknown, depth: number): void {
  switch (name) {
    case 'stringValue':
      return must(typeof content === 'string', 'stringValue must be a text')
    case 'stringBytes':
      return checkTextBytes(content)
    case 'intValue':
      return checkInteger(content)
    case 'doubleValue':
      return must(
        typeof content === 'number' || NOT_FINITE.has(content),
        'doubleValue must be a number',
      )
    case 'boolValue':
      return must(typeof content === 'boolean', 'boolValue must be true or false')
    case 'bytesValue':
      return checkBase64(content)
    case 'arrayValue':
    case 'kvlistValue':
      checkMembers(
        content,
        name === 'arrayValue'
          ? { values: (list) => checkList(list, depth + 1) }
          : { values: (list) => checkAttributes(list, depth + 1) },
        name,
      )
      return must('values' in (content as object), `${name}.values must be there`)
    default:
      throw new EvidenceError(`a value must have no member ${JSON.stringify(name)}`)
  }
}

const NOT_FINITE: ReadonlySet<unknown> = new Set(['NaN', 'Infinity', '-Infinity'])

function checkList(list: unknown, depth: number): void {
  must(Array.isArray(list), 'arrayValue.values must be a list')
  for (const value of list as unknown[]) checkValue(value, depth)
}

function checkInteger(content: unknown): void {
  must(
    typeof content === 'string' && /^(?:0|-?[1-9][0-9]{0,18})$/.test(content),
    'intValue must be a decimal integer in a text',
  )
  if ((content as string).length < 19) return
  const number = BigInt(content as string)
  must(number >= MIN_INT64 && number <= MAX_INT64, 'intValue must fit 64 bits')
}

function checkStamp(content: unknown): void {
  must(
    typeof content === 'string' &&
      /^[1-9][0-9]{0,19}$/.test(content) &&
      BigInt(content) <= MAX_UINT64,
    'a time must be nanoseconds in a text',
  )
}

function checkIdentifier(content: unknown, digits: number): void {
  must(
    typeof content === 'string' &&
      content.length === digits &&
      /^[0-9a-f]+$/.test(content) &&
      /[^0]/.test(content),
    `an identifier must be ${digits} lower-case hexadecimal digits, not all zero`,
  )
}

function checkNumber(content: unknown, min: number, max: number): void {
  must(
    Number.isInteger(content) && (content as number) >= min && (content as number) <= max,
    `a count must be a whole number of ${min} to ${max}`,
  )
}

function checkText(content: unknown): void {
  must(typeof content === 'string' && content !== '', 'a text must be left out when empty')
}

function checkBase64(content: unknown): void {
  must(
    typeof content === 'string' && Buffer.from(content, 'base64').toString('base64') === content,
    'bytes must be standard base64 with padding',
  )
}

function checkTextBytes(content: unknown): void {
  checkBase64(content)
  must(
    !isUtf8(Buffer.from(content as string, 'base64')),
    'text that is UTF-8 must be written as text',
  )
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function must(holds: boolean, rule: string): void {
  if (!holds) throw new EvidenceError(rule)
}
