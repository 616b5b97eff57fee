import { createUuidV7 } from '../../src/core/ids.ts'
import type { MakeRecord } from '../../src/audit/made-record.ts'
import type { OwnEvent } from '../../src/audit/own-record.ts'

/** Makes a record whose evidence has what a stream is checked by, and little else. */
export function makeRecord(
  eventName: string,
  details: OwnEvent['details'] = {},
  recordId: string = createUuidV7(Date.now()),
): MakeRecord {
  return ({ streamId, sequence, previousHash }) => ({
    recordId,
    eventName,
    timeUnixNano: BigInt(Date.now()) * 1_000_000n,
    evidence: JSON.stringify({
      attributes: [
        { key: 'audit.details', value: { kvlistValue: { values: toList(details) } } },
        { key: 'audit.record.id', value: { stringValue: recordId } },
        { key: 'audit.sequence.number', value: { intValue: String(sequence) } },
        { key: 'audit.sequence.prev_hash', value: { stringValue: previousHash } },
        { key: 'audit.stream.id', value: { stringValue: streamId } },
      ],
      eventName,
      format: 'telltale/1',
      resource: { attributes: [] },
    }),
  })
}

/** The trail's records about itself. */
export function makeOwnRecord({ eventName, details }: OwnEvent): MakeRecord {
  return makeRecord(eventName, details)
}

function toList(details: OwnEvent['details']): { key: string; value: object }[] {
  return Object.entries(details).map(([key, value]) => ({
    key,
    value:
      typeof value === 'number'
        ? { intValue: String(value) }
        : typeof value === 'boolean'
          ? { boolValue: value }
          : { stringValue: value },
  }))
}
