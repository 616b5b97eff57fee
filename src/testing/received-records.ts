import type { MadeRecord } from '../audit/made-record.ts'
import { readMessage } from './protobuf-fields.ts'

/** A record of a request to the audit receiver. */
export type ReceivedRecord = Pick<MadeRecord, 'recordId' | 'eventName' | 'evidence' | 'annex'>

/**
 * The records of an ExportLogsServiceRequest, as the audit trail sends it.
 *
 * @throws {Error} for bytes that are none
 */
export function readReceivedRecords(body: Buffer): ReceivedRecord[] {
  return all(body, 1)
    .flatMap((resourceLogs) => all(resourceLogs, 2))
    .flatMap((scopeLogs) => all(scopeLogs, 2))
    .map((logRecord) => {
      const attributes = new Map(all(logRecord, 6).map(readAttribute))
      const annex = attributes.get('audit.annex')
      const salt = attributes.get('audit.annex.salt')
      return {
        recordId: String(attributes.get('audit.record.id')),
        eventName: String(all(logRecord, 12)[0] ?? ''),
        evidence: all(all(logRecord, 5)[0]!, 7)[0]!,
        ...(annex && salt && { annex: { bytes: annex, salt } }),
      }
    })
}

/** Key, and the text or the bytes of the value. */
function readAttribute(pair: Buffer): readonly [string, Buffer] {
  const value = all(pair, 2)[0]!
  return [String(all(pair, 1)[0]), all(value, 1)[0] ?? all(value, 7)[0] ?? Buffer.alloc(0)]
}

function all(message: Buffer, field: number): Buffer[] {
  return (readMessage(message).get(field) ?? []) as Buffer[]
}
