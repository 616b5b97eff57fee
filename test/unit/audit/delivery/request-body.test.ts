import { expect, test } from 'vitest'
import { encodeRequest, requestLength } from '../../../../src/audit/delivery/request-body.ts'
import type { Frame } from '../../../../src/audit/spool/frame.ts'
import { readRecords } from '../../../support/audit-receiver.ts'
import { readMessage } from '../../../../src/testing/protobuf-fields.ts'

const frame = (overrides: Partial<Frame> = {}): Frame => ({
  sequence: 7,
  recordId: '017f22e2-79b0-7cc3-98c4-dc0c0c07398f',
  eventName: 'reward_claimed',
  timeUnixNano: 1_763_737_200_000_000_001n,
  evidence: Buffer.from('{"format":"telltale/1"}'),
  ...overrides,
})

test('a request carries the evidence as it is, and what the specification puts beside it', () => {
  const annex = { salt: Buffer.alloc(32, 1), bytes: Buffer.from('{"values":[]}') }
  const records = readRecords(
    encodeRequest([frame({ annex }), frame({ evidence: Buffer.alloc(70_000, 0xff) })]),
  )

  expect(records).toEqual([
    {
      recordId: frame().recordId,
      eventName: 'reward_claimed',
      timeUnixNano: 1_763_737_200_000_000_001n,
      evidence: frame().evidence,
      attributes: {
        'audit.record.id': frame().recordId,
        'audit.evidence.format': 'telltale/1',
        'audit.annex': annex.bytes,
        'audit.annex.salt': annex.salt,
      },
    },
    expect.objectContaining({
      evidence: Buffer.alloc(70_000, 0xff),
      attributes: {
        'audit.record.id': frame().recordId,
        'audit.evidence.format': 'telltale/1',
      },
    }),
  ])
})

test('there is one empty resource and one empty scope', () => {
  const [resourceLogs] = readMessage(encodeRequest([frame(), frame()])).get(1) as Buffer[]
  const resource = readMessage(resourceLogs!)
  const scopeLogs = resource.get(2) as Buffer[]

  expect(resource.get(1)).toEqual([Buffer.alloc(0)])
  expect(scopeLogs).toHaveLength(1)
  expect(readMessage(scopeLogs[0]!).get(1)).toEqual([Buffer.alloc(0)])
})

test.each([0, 100, 127, 128, 16_383, 16_384, 2_097_151, 2_097_152])(
  'a record with %i bytes of evidence takes as many bytes as it was said to',
  (size) => {
    const one = frame({ evidence: Buffer.alloc(size) })
    const grown = encodeRequest([one, one]).length - encodeRequest([one]).length
    // The lengths of what lies around it may need more bytes too.
    expect(grown - requestLength(one)).toBeGreaterThanOrEqual(0)
    expect(grown - requestLength(one)).toBeLessThanOrEqual(2)
  },
)
