import type { Stream, TrailRecord } from './trail-record.ts'

/**
 * An ExportLogsServiceRequest as the delivery of a spool sends it: docs/design/audit.md, section 2, "On the wire".
 *
 * @see https://protobuf.dev/programming-guides/encoding/
 */
export function toRequest(stream: Stream, records: readonly TrailRecord[]): Buffer {
  const resource = Buffer.concat(stream.resource.map((each) => message(1, attribute(...each))))
  const logs = Buffer.concat(records.map((record) => message(2, toLogRecord(record))))
  return message(1, Buffer.concat([message(1, resource), message(2, logs)]))
}

function toLogRecord({ evidence, recordId, eventName, timeUnixMicros }: TrailRecord): Buffer {
  const time = Buffer.alloc(9)
  time[0] = (1 << 3) | 1
  time.writeBigUInt64LE(BigInt(timeUnixMicros) * 1_000n, 1)
  return Buffer.concat([
    time,
    message(5, message(7, Buffer.from(evidence))),
    message(6, attribute('audit.record.id', recordId)),
    message(6, attribute('audit.evidence.format', 'telltale/1')),
    message(12, Buffer.from(eventName)),
  ])
}

function attribute(key: string, value: string): Buffer {
  return Buffer.concat([message(1, Buffer.from(key)), message(2, message(1, Buffer.from(value)))])
}

/** A field with a length: a text, bytes or a message. */
function message(field: number, content: Uint8Array): Buffer {
  const head = [(field << 3) | 2]
  let length = content.length
  for (; length > 127; length >>>= 7) head.push((length & 127) | 128)
  head.push(length)
  return Buffer.concat([Buffer.from(head), content])
}
