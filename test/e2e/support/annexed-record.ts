import { createHash, randomBytes } from 'node:crypto'
import { encodeRequest } from '../../../src/audit/delivery/request-body.ts'
import { createUuidV7 } from '../../../src/core/ids.ts'

/** A record as a producer sends it, with erasable details beside it. */
export interface AnnexedRecord {
  readonly recordId: string
  /** An OTLP request in protobuf. */
  readonly body: Buffer<ArrayBuffer>
  /** SHA-256 of the evidence, which the next record of the stream names. */
  readonly hash: string
}

/** Where a record stands in a stream. */
export interface StreamPlace {
  readonly streamId: string
  readonly sequence: number
  readonly previousHash: string
}

/** Makes a record whose erasable details are `{name}`; the members stand in the order of RFC 8785. */
export function createAnnexedRecord(
  name: string,
  time = new Date(),
  place?: StreamPlace,
): AnnexedRecord {
  const recordId = createUuidV7(time.getTime())
  const salt = randomBytes(32)
  const annex = Buffer.from(JSON.stringify({ values: [text('name', name)] }))
  const timeUnixNano = BigInt(time.getTime()) * 1_000_000n
  const attributes = [
    text('audit.action', 'SIGN_UP'),
    text('audit.actor.id', 'user-7'),
    text('audit.actor.type', 'user'),
    text('audit.annex.hash', createHash('sha256').update(salt).update(annex).digest('hex')),
    text('audit.outcome', 'success'),
    text('audit.record.id', recordId),
    ...(place
      ? [
          { key: 'audit.sequence.number', value: { intValue: String(place.sequence) } },
          text('audit.sequence.prev_hash', place.previousHash),
          text('audit.stream.id', place.streamId),
        ]
      : []),
  ]
  const evidence = JSON.stringify({
    attributes,
    eventName: 'user_signed_up',
    format: 'telltale/1',
    resource: { attributes: [text('service.name', 'sign-up')] },
    timeUnixNano: String(timeUnixNano),
  })
  const request = encodeRequest([
    {
      recordId,
      sequence: place?.sequence ?? 1,
      eventName: 'user_signed_up',
      timeUnixNano,
      evidence: Buffer.from(evidence),
      annex: { salt, bytes: annex },
    },
  ])
  return { recordId, body: Buffer.from(request), hash: sha256(evidence) }
}

/** Makes a stream of records, one for each time. */
export function createStream(streamId: string, times: readonly Date[]): readonly AnnexedRecord[] {
  let previousHash = sha256('')
  return times.map((time, index) => {
    const record = createAnnexedRecord('Eve', time, { streamId, sequence: index + 1, previousHash })
    previousHash = record.hash
    return record
  })
}

function text(key: string, stringValue: string): object {
  return { key, value: { stringValue } }
}

function sha256(content: string): string {
  return createHash('sha256').update(content).digest('hex')
}
