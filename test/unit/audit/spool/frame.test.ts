import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { MadeRecord } from '../../../../src/audit/made-record.ts'
import {
  evidenceOfFrame,
  frameLength,
  frameRoom,
  objectionToFrame,
  readFrame,
  writeFrame,
  type Frame,
} from '../../../../src/audit/spool/frame.ts'

const bytes = (maxLength: number) => fc.uint8Array({ maxLength })
const record: fc.Arbitrary<MadeRecord> = fc
  .record({
    recordId: fc.uuid(),
    eventName: fc.string({ unit: 'binary', maxLength: 40 }),
    timeUnixNano: fc.bigInt(0n, 2n ** 64n - 1n),
    evidence: bytes(300),
    annex: fc.option(
      fc.record({ salt: fc.uint8Array({ minLength: 32, maxLength: 32 }), bytes: bytes(80) }),
      { nil: undefined },
    ),
  })
  .map(({ annex, eventName, ...rest }) => ({
    ...rest,
    eventName: eventName.toWellFormed(),
    ...(annex && { annex }),
  }))
const records = fc.array(record, { minLength: 1, maxLength: 8 })

function toSegment(made: readonly MadeRecord[]): { segment: Buffer; starts: number[] } {
  const segment = Buffer.alloc(made.reduce((sum, one) => sum + frameLength(one), 0))
  const starts: number[] = []
  let at = 0
  made.forEach((one, index) => {
    starts.push(at)
    at = writeFrame(segment, at, index + 1, one)
  })
  return { segment, starts }
}

/** Reads a whole segment, and counts what is passed over. */
function readAll(segment: Buffer): { frames: Frame[]; skipped: number } {
  const frames: Frame[] = []
  let skipped = 0
  for (let at = 0; at < segment.length;) {
    const found = readFrame(segment, at, true)
    if ('needs' in found) throw new Error('there is no more to be had at the end')
    if ('frame' in found) {
      frames.push(found.frame)
      at = found.end
    } else {
      skipped += found.resumeAt - at
      at = found.resumeAt
    }
  }
  return { frames, skipped }
}

const plain = (frame: Frame | MadeRecord): object => ({
  ...frame,
  evidence: Buffer.from(frame.evidence).toString('hex'),
  annex: frame.annex && {
    salt: Buffer.from(frame.annex.salt).toString('hex'),
    bytes: Buffer.from(frame.annex.bytes).toString('hex'),
  },
})

test('the layout is that of the specification, byte for byte', () => {
  const made: MadeRecord = {
    recordId: '017f22e2-79b0-7cc3-98c4-dc0c0c07398f',
    eventName: 'é',
    timeUnixNano: 0x0102030405060708n,
    evidence: Buffer.from('{}'),
    annex: { salt: Buffer.alloc(32, 0xab), bytes: Buffer.from('[]') },
  }
  const { segment } = toSegment([made])

  expect(segment.toString('hex')).toBe(
    '544c4131' + // TLA1
      '52000000' + // 82 bytes follow the CRC
      '1712036d' + // by another implementation of CRC-32
      '01' +
      '01' +
      '0100000000000000' +
      '017f22e279b07cc398c4dc0c0c07398f' +
      '0807060504030201' +
      '0200c3a9' +
      '020000007b7d' +
      'ab'.repeat(32) +
      '020000005b5d',
  )
})

test('evidence as text makes the frame that its bytes make', () => {
  fc.assert(
    fc.property(record, fc.string({ unit: 'binary', maxLength: 300 }), (one, text) => {
      const evidence = text.toWellFormed()
      const ofBytes = toSegment([{ ...one, evidence: Buffer.from(evidence) }]).segment
      const draft = { ...one, evidence }
      const bytes = Buffer.alloc(frameRoom(draft))

      const end = writeFrame(bytes, 0, 1, draft)

      expect(bytes.subarray(0, end)).toEqual(ofBytes)
      expect(evidenceOfFrame(bytes, 0)).toEqual(Buffer.from(evidence))
      expect(frameLength(draft)).toBe(end)
    }),
  )
})

test('a number beyond 32 bits is written and read', () => {
  const bytes = Buffer.alloc(frameLength(made({})))
  writeFrame(bytes, 0, 2 ** 40 + 7, made({}))

  expect(readFrame(bytes, 0, true)).toMatchObject({ frame: { sequence: 2 ** 40 + 7 } })
})

describe('a segment', () => {
  test('gives every record back as it was written', () => {
    fc.assert(
      fc.property(records, (made) => {
        const { frames, skipped } = readAll(toSegment(made).segment)

        expect(skipped).toBe(0)
        expect(frames.map(plain)).toEqual(
          made.map((one, index) => ({ ...plain(one), sequence: index + 1 })),
        )
      }),
    )
  })

  test('that is torn loses the frame that is torn, and no other', () => {
    fc.assert(
      fc.property(records, fc.nat(), (made, cut) => {
        const { segment, starts } = toSegment(made)
        const length = cut % (segment.length + 1)
        const ends = [...starts.slice(1), segment.length]
        const whole = ends.filter((end) => end <= length).length

        const { frames, skipped } = readAll(segment.subarray(0, length))

        expect(frames.map(({ sequence }) => sequence)).toEqual(
          made.slice(0, whole).map((_, index) => index + 1),
        )
        expect(skipped).toBe(length - (whole === 0 ? 0 : ends[whole - 1]!))
      }),
    )
  })

  test('with altered bytes loses the frames that were altered, and no other', () => {
    fc.assert(
      fc.property(
        records,
        fc.array(fc.tuple(fc.nat(), fc.integer({ min: 1, max: 255 })), {
          minLength: 1,
          maxLength: 5,
        }),
        (made, flips) => {
          const { segment, starts } = toSegment(made)
          const before = Buffer.from(segment)
          for (const [at, mask] of flips) segment[at % segment.length]! ^= mask
          const ends = [...starts.slice(1), segment.length]
          const intact = made.flatMap((_, index) =>
            segment
              .subarray(starts[index], ends[index])
              .equals(before.subarray(starts[index], ends[index]))
              ? [index + 1]
              : [],
          )

          const { frames, skipped } = readAll(segment)

          expect(frames.map(({ sequence }) => sequence)).toEqual(intact)
          expect(skipped).toBe(
            ends.reduce(
              (sum, end, index) => (intact.includes(index + 1) ? sum : sum + end - starts[index]!),
              0,
            ),
          )
        },
      ),
      { numRuns: 500 },
    )
  })

  test('between strange bytes is found', () => {
    fc.assert(
      fc.property(records, bytes(50), bytes(50), (made, before, after) => {
        const { segment } = toSegment(made)

        const { frames, skipped } = readAll(Buffer.concat([before, segment, after]))

        expect(frames).toHaveLength(made.length)
        expect(skipped).toBe(before.length + after.length)
      }),
    )
  })

  test('read in pieces asks for more, and never for less than it has', () => {
    fc.assert(
      fc.property(records, fc.nat(), (made, cut) => {
        const { segment } = toSegment(made)
        const end = frameLength(made[0]!)

        const found = readFrame(segment.subarray(0, cut % end), 0, false)

        expect(found).toHaveProperty('needs')
        expect((found as { needs: number }).needs).toBeGreaterThan(cut % end)
        expect((found as { needs: number }).needs).toBeLessThanOrEqual(end)
      }),
    )
  })
})

describe('a record', () => {
  test('that makes a frame of four megabytes fits, and one byte more does not', () => {
    const room = 4 * 2 ** 20 - frameLength(made({ evidence: Buffer.alloc(0) }))

    expect(objectionToFrame(made({ evidence: Buffer.alloc(room) }))).toBeUndefined()
    expect(objectionToFrame(made({ evidence: Buffer.alloc(room + 1) }))).toContain('4194304')
  })

  test('whose event name is longer than its length can say is refused', () => {
    expect(objectionToFrame(made({ eventName: 'é'.repeat(32_768) }))).toContain('65535')
  })
})

function made(overrides: Partial<MadeRecord>): MadeRecord {
  return {
    recordId: '017f22e2-79b0-7cc3-98c4-dc0c0c07398f',
    eventName: 'event',
    timeUnixNano: 1n,
    evidence: Buffer.alloc(10),
    ...overrides,
  }
}
