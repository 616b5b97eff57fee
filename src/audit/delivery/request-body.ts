import type { Frame } from '../spool/frame.ts'

/**
 * The body of an OTLP request (ExportLogsServiceRequest, protobuf) with these records: one empty resource, one empty
 * scope, the evidence as it is. Whoever receives it derives everything from the evidence.
 *
 * Written by hand: the stock serializer would take the records apart and put them together again.
 *
 * @see docs/design/audit.md, section 2, On the wire
 * @see https://github.com/open-telemetry/opentelemetry-proto
 */
export function encodeRequest(frames: readonly Frame[]): Buffer {
  const lengths = frames.map(recordLength)
  const scopeLogs = lengths.reduce((sum, length) => sum + fieldLength(length), fieldLength(0))
  const resourceLogs = fieldLength(0) + fieldLength(scopeLogs)
  const writer = new Writer(Buffer.allocUnsafe(fieldLength(resourceLogs)))
  writer.head(REQUEST.resourceLogs, resourceLogs)
  writer.head(RESOURCE_LOGS.resource, 0)
  writer.head(RESOURCE_LOGS.scopeLogs, scopeLogs)
  writer.head(SCOPE_LOGS.scope, 0)
  frames.forEach((frame, index) => {
    writer.head(SCOPE_LOGS.logRecords, lengths[index]!)
    writeRecord(writer, frame)
  })
  return writer.bytes
}

/** Bytes that a record takes in a request. */
export function requestLength(frame: Frame): number {
  return fieldLength(recordLength(frame))
}

const REQUEST = { resourceLogs: 1 }
const RESOURCE_LOGS = { resource: 1, scopeLogs: 2 }
const SCOPE_LOGS = { scope: 1, logRecords: 2 }
const LOG_RECORD = { timeUnixNano: 1, body: 5, attributes: 6, eventName: 12 }
const KEY_VALUE = { key: 1, value: 2 }
const ANY_VALUE = { stringValue: 1, bytesValue: 7 }

const LENGTH_DELIMITED = 2
const FIXED_64 = 1

const ID_KEY = Buffer.from('audit.record.id')
const ANNEX_KEY = Buffer.from('audit.annex')
const SALT_KEY = Buffer.from('audit.annex.salt')
const UUID_BYTES = 36

function recordLength({ eventName, evidence, annex }: Frame): number {
  return (
    9 +
    fieldLength(Buffer.byteLength(eventName)) +
    fieldLength(fieldLength(evidence.byteLength)) +
    fieldLength(attributeLength(ID_KEY, UUID_BYTES)) +
    FORMAT_ATTRIBUTE.length +
    (annex
      ? fieldLength(attributeLength(ANNEX_KEY, annex.bytes.byteLength)) +
        fieldLength(attributeLength(SALT_KEY, annex.salt.byteLength))
      : 0)
  )
}

function writeRecord(
  writer: Writer,
  { timeUnixNano, eventName, evidence, annex, recordId }: Frame,
): void {
  writer.fixed64(LOG_RECORD.timeUnixNano, timeUnixNano)
  writer.head(LOG_RECORD.body, fieldLength(evidence.byteLength))
  writer.field(ANY_VALUE.bytesValue, evidence)
  writer.attribute(ID_KEY, ANY_VALUE.stringValue, Buffer.from(recordId))
  writer.raw(FORMAT_ATTRIBUTE)
  if (annex) {
    writer.attribute(ANNEX_KEY, ANY_VALUE.bytesValue, annex.bytes)
    writer.attribute(SALT_KEY, ANY_VALUE.bytesValue, annex.salt)
  }
  writer.field(LOG_RECORD.eventName, Buffer.from(eventName))
}

/** Length of a field whose content has `length` bytes; all field numbers here are below 16. */
function fieldLength(length: number): number {
  return 1 + varintLength(length) + length
}

function attributeLength(key: Uint8Array, valueLength: number): number {
  return fieldLength(key.byteLength) + fieldLength(fieldLength(valueLength))
}

function varintLength(value: number): number {
  let length = 1
  for (let rest = value; rest >= 0x80; rest >>>= 7) length += 1
  return length
}

function textAttribute(key: string, value: string): Buffer {
  const keyBytes = Buffer.from(key)
  const valueBytes = Buffer.from(value)
  const length = fieldLength(attributeLength(keyBytes, valueBytes.byteLength))
  const writer = new Writer(Buffer.allocUnsafe(length))
  writer.attribute(keyBytes, ANY_VALUE.stringValue, valueBytes)
  return writer.bytes
}

class Writer {
  readonly bytes: Buffer
  #at = 0

  constructor(bytes: Buffer) {
    this.bytes = bytes
  }

  head(field: number, length: number): void {
    this.bytes[this.#at++] = (field << 3) | LENGTH_DELIMITED
    let rest = length
    for (; rest >= 0x80; rest >>>= 7) this.bytes[this.#at++] = (rest & 0x7f) | 0x80
    this.bytes[this.#at++] = rest
  }

  raw(content: Uint8Array): void {
    this.bytes.set(content, this.#at)
    this.#at += content.byteLength
  }

  field(field: number, content: Uint8Array): void {
    this.head(field, content.byteLength)
    this.raw(content)
  }

  fixed64(field: number, value: bigint): void {
    this.bytes[this.#at++] = (field << 3) | FIXED_64
    this.#at = this.bytes.writeBigUInt64LE(value, this.#at)
  }

  attribute(key: Uint8Array, kind: number, value: Uint8Array): void {
    this.head(LOG_RECORD.attributes, attributeLength(key, value.byteLength))
    this.field(KEY_VALUE.key, key)
    this.head(KEY_VALUE.value, fieldLength(value.byteLength))
    this.field(kind, value)
  }
}

/** The same for every record. */
const FORMAT_ATTRIBUTE = textAttribute('audit.evidence.format', 'telltale/1')
