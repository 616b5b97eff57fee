import type { AnyValue, KeyValue, OtlpInput } from './otlp-input.ts'
import { referenceEvidence } from './reference-evidence.ts'

/**
 * Reads evidence back into the record that it says.
 *
 * @throws {Error} names what makes it no evidence: it must be exactly the bytes that its record gives
 */
export function readReference(bytes: Uint8Array): OtlpInput {
  const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  const { resource, scope, format, attributes, ...record } = asObject(JSON.parse(text))
  if (format !== 'telltale/1') throw new Error(`the format is ${JSON.stringify(format)}`)
  const input = {
    resource: { attributes: readList(asObject(resource)['attributes']) },
    scope: readScope(scope === undefined ? {} : asObject(scope)),
    record: { ...readFields(record), attributes: readList(attributes) },
  }
  if (referenceEvidence(input) !== text) throw new Error('not the canonical form of what it says')
  return input
}

type Members = Record<string, unknown>

function readFields({ body, ...fields }: Members): Omit<OtlpInput['record'], 'attributes'> {
  for (const name of ['eventName', 'severityText'] as const) {
    checkText(fields, name)
  }
  for (const name of ['timeUnixNano', 'observedTimeUnixNano']) {
    if (fields[name] !== undefined) checkInteger(fields[name], 0n, 2n ** 64n - 1n)
  }
  checkNumber(fields['flags'], 0, 2 ** 32 - 1)
  checkNumber(fields['droppedAttributesCount'], 0, 2 ** 32 - 1)
  checkNumber(fields['severityNumber'], -(2 ** 31), 2 ** 31 - 1)
  checkHex(fields['traceId'], 32)
  checkHex(fields['spanId'], 16)
  return body === undefined ? fields : { ...fields, body: readValue(body) }
}

function readScope(scope: Members): OtlpInput['scope'] {
  checkText(scope, 'name')
  checkText(scope, 'version')
  const { attributes, ...rest } = scope
  return attributes === undefined ? rest : { ...rest, attributes: readList(attributes) }
}

function readList(list: unknown): KeyValue[] {
  if (!Array.isArray(list)) throw new Error('attributes are no list')
  return list.map((one) => {
    const { key, keyBytes, value } = asObject(one)
    if ((typeof key === 'string') === (typeof keyBytes === 'string')) {
      throw new Error('an attribute has not exactly one key')
    }
    const name = typeof key === 'string' ? { key } : { keyBytes: keyBytes as string }
    return { ...name, value: readValue(value) }
  })
}

function readValue(value: unknown): AnyValue {
  const members = Object.entries(asObject(value))
  if (members.length > 1) throw new Error('a value has more than one member')
  const [kind, given] = members[0] ?? []
  switch (kind) {
    case undefined:
      return {}
    case 'stringValue':
    case 'stringBytes':
    case 'bytesValue':
      if (typeof given !== 'string') throw new Error(`${kind} is no text`)
      return { [kind]: given }
    case 'boolValue':
      if (typeof given !== 'boolean') throw new Error('boolValue is neither true nor false')
      return { boolValue: given }
    case 'intValue':
      checkInteger(given, -(2n ** 63n), 2n ** 63n - 1n)
      return { intValue: given as string }
    case 'doubleValue':
      if (typeof given === 'number' || ['NaN', 'Infinity', '-Infinity'].includes(given as string)) {
        return { doubleValue: given as number | string }
      }
      throw new Error('doubleValue is no number')
    case 'arrayValue': {
      const { values } = asObject(given)
      if (!Array.isArray(values)) throw new Error('the values of a list are no list')
      return { arrayValue: { values: values.map(readValue) } }
    }
    case 'kvlistValue':
      return { kvlistValue: { values: readList(asObject(given)['values']) } }
    default:
      throw new Error(`there is no kind of value ${kind}`)
  }
}

function asObject(value: unknown): Members {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Members
  throw new Error(`not an object: ${JSON.stringify(value)}`)
}

function checkText(members: Members, name: string): void {
  const text = members[name]
  const bytes = members[`${name}Bytes`]
  if (text !== undefined && bytes !== undefined) throw new Error(`${name} is there twice`)
  for (const one of [text, bytes]) {
    if (one !== undefined && typeof one !== 'string') throw new Error(`${name} is no text`)
  }
}

function checkInteger(text: unknown, min: bigint, max: bigint): void {
  if (typeof text !== 'string' || !/^-?\d+$/.test(text)) throw new Error('no decimal integer')
  if (BigInt(text) < min || BigInt(text) > max) throw new Error('an integer out of its range')
}

function checkNumber(value: unknown, min: number, max: number): void {
  if (value === undefined) return
  if (!Number.isInteger(value)) throw new Error('no whole number')
  if ((value as number) < min || (value as number) > max) throw new Error('a number out of range')
}

function checkHex(value: unknown, digits: number): void {
  if (value === undefined) return
  if (typeof value !== 'string' || !new RegExp(`^[0-9a-f]{${digits}}$`).test(value)) {
    throw new Error(`not ${digits} lower-case hexadecimal digits`)
  }
}
