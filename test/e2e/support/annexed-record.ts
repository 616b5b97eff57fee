import { createHash, randomBytes } from 'node:crypto'
import { encodeRequest } from '../../../src/audit/delivery/request-body.ts'
import { createUuidV7 } from '../../../src/core/ids.ts'

/** A record as a producer sends it, with erasable details beside it. */
export interface AnnexedRecord {
  readonly recordId: string
  /** An OTLP request in protobuf. */
  readonly body: Buffer<ArrayBuffer>
}

/** Makes a record whose erasable details are `{name}`; the members stand in the order of RFC 8785. */
export function createAnnexedRecord(name: string, time = new Date()): AnnexedRecord {
  const recordId = createUuidV7(time.getTime())
  const salt = randomBytes(32)
  const annex = Buffer.from(
    JSON.stringify({ values: [{ key: 'name', value: { stringValue: name } }] }),
  )
  const timeUnixNano = BigInt(time.getTime()) * 1_000_000n
  const attributes = {
    'audit.action': 'SIGN_UP',
    'audit.actor.id': 'user-7',
    'audit.actor.type': 'user',
    'audit.annex.hash': createHash('sha256').update(salt).update(annex).digest('hex'),
    'audit.outcome': 'success',
    'audit.record.id': recordId,
  }
  const evidence = JSON.stringify({
    attributes: Object.entries(attributes).map(([key, stringValue]) => ({
      key,
      value: { stringValue },
    })),
    eventName: 'user_signed_up',
    format: 'telltale/1',
    resource: { attributes: [{ key: 'service.name', value: { stringValue: 'sign-up' } }] },
    timeUnixNano: String(timeUnixNano),
  })
  const request = encodeRequest([
    {
      recordId,
      sequence: 1,
      eventName: 'user_signed_up',
      timeUnixNano,
      evidence: Buffer.from(evidence),
      annex: { salt, bytes: annex },
    },
  ])
  return { recordId, body: Buffer.from(request) }
}
