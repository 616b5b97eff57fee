import { describe, expect, test } from 'vitest'
import { sha256 } from '../../support/audit/reference-evidence.ts'
import { verifyRows, withId, writeSampleTrail } from '../../support/audit/sample-trail.ts'
import { TrailWriter } from '../../support/audit/trail-writer.ts'

const HOUR_MICROS = 3_600_000_000n

/** A trail of one stream, of which some numbers never came. */
function writeWithout(missing: readonly number[], last: number) {
  const writer = new TrailWriter()
  const [sealer, stream] = [writer.uuid(), writer.stream()]
  const hashes = new Map<number, string>()
  for (let number = 1; number <= last; number += 1) {
    const record = writer.record({ stream })
    hashes.set(number, record.hash)
    if (!missing.includes(number)) writer.seal(sealer, [record])
  }
  return { writer, sealer, stream, hashes }
}

describe('a trail that nobody has touched', () => {
  test('is green, whatever it is cut into', async () => {
    const { writer } = writeSampleTrail()
    for (const rangeLeaves of [1, 3, 1_000]) {
      expect(await verifyRows(writer, { rangeLeaves })).toEqual({
        verdict: 'green',
        records: 13,
        seals: 7,
        sealers: 2,
        streams: 2,
        checkpoints: 4,
        pending: { seals: 0, records: 0, inFlight: 0 },
        problems: [],
        counts: {},
        first: null,
      })
    }
  })

  test('is amber without checkpoints', async () => {
    const { writer } = writeSampleTrail()

    expect(await verifyRows(writer, { withoutCheckpoints: true })).toMatchObject({
      verdict: 'amber',
      counts: { 'checkpoints-missing': 1 },
      first: null,
    })
  })

  test('is amber with folders in which no checkpoint is', async () => {
    const { writer } = writeSampleTrail()
    writer.rows.checkpoints.length = 0

    expect(await verifyRows(writer)).toMatchObject({
      verdict: 'amber',
      counts: { 'checkpoints-missing': 1 },
      first: null,
    })
  })

  test('says how far it is', async () => {
    const { writer } = writeSampleTrail()
    const told: number[] = []
    await verifyRows(writer, { rangeLeaves: 1, onProgress: ({ records }) => told.push(records) })

    expect(told).toEqual(told.toSorted((a, b) => a - b))
    expect(told.at(-1)).toBe(13)
  })
})

test.each([-1, 2_147_483_647])(
  'a seal that counts %d leaves is red, and costs no memory',
  async (leafCount) => {
    const { writer } = writeSampleTrail()
    writer.rows.seals[0]!.leafCount = leafCount

    const { verdict, counts } = await verifyRows(writer)

    expect(verdict).toBe('red')
    expect(counts).toMatchObject({ seal: 1 })
  },
)

describe('what is younger than the newest checkpoint', () => {
  test('is pending while it is younger than two intervals, then amber', async () => {
    const { writer, sealers } = writeSampleTrail()
    writer.seal(sealers[0], [writer.record(), writer.record()])

    const young = await verifyRows(writer)
    writer.rows.now += 11_000_000n
    const old = await verifyRows(writer)

    expect(young).toMatchObject({ verdict: 'green', pending: { seals: 1, records: 2 } })
    expect(old).toMatchObject({ verdict: 'amber', counts: { 'tail-unattested': 1 } })
  })

  test('is amber when it says that it is from the future: it would be pending for ever', async () => {
    const { writer } = writeSampleTrail()
    const { now } = writer.rows
    writer.rows.now = now + HOUR_MICROS
    writer.seal(writer.uuid(), [writer.record()])
    writer.rows.now = now

    expect(await verifyRows(writer)).toMatchObject({
      verdict: 'amber',
      counts: { 'tail-unattested': 1 },
      pending: { seals: 1, records: 1 },
    })
  })

  test('may have no hole whose neighbour says that it is from the future', async () => {
    const { writer } = writeSampleTrail()
    const { rows } = writer
    const { now } = rows
    rows.now = now + HOUR_MICROS
    const sealer = writer.uuid()
    writer.seal(sealer, [writer.record()])
    writer.seal(sealer, [writer.record()])
    rows.seals = rows.seals.filter((each) => each.sealer !== sealer || each.seal !== 0)
    rows.records = rows.records.filter(({ place }) => place.sealer !== sealer || place.seal !== 0)
    rows.now = now

    expect(await verifyRows(writer)).toMatchObject({
      verdict: 'red',
      first: { rule: 'seal-missing', sealer, seal: 0 },
    })
  })

  test('may have a hole: another connection is about to fill it', async () => {
    const { writer, sealers } = writeSampleTrail()
    writer.seal(sealers[0], [writer.record()])
    writer.seal(sealers[0], [writer.record()])
    const { rows } = writer
    rows.seals = rows.seals.filter((each) => each.sealer !== sealers[0] || each.seal !== 3)
    rows.records = rows.records.filter(
      ({ place }) => place.sealer !== sealers[0] || place.seal !== 3,
    )

    expect(await verifyRows(writer)).toMatchObject({ verdict: 'green' })
    rows.now += HOUR_MICROS
    expect(await verifyRows(writer)).toMatchObject({
      verdict: 'red',
      first: { rule: 'seal-missing', sealer: sealers[0], seal: 3 },
    })
  })
})

describe('a number that is missing', () => {
  test('is on its way at first, and a gap between its neighbours in the end', async () => {
    const { writer, sealer, stream } = writeWithout([3, 4], 6)
    writer.checkpoint(sealer)

    expect(await verifyRows(writer)).toMatchObject({ verdict: 'green', pending: { inFlight: 2 } })
    writer.rows.now += HOUR_MICROS
    const { verdict, first } = await verifyRows(writer)

    expect(verdict).toBe('red')
    expect(first).toMatchObject({ rule: 'stream-gap', stream: stream.id, sequence: 3 })
    expect(first?.message).toMatch(
      /^numbers 3 to 4 of the stream are missing, after record .* before/,
    )
  })

  test('is explained by the record that says it was parked, when that names the right hash', async () => {
    for (const isRight of [true, false]) {
      const { writer, sealer, stream, hashes } = writeWithout([3], 5)
      const hash = isRight ? hashes.get(3)! : sha256('another')
      const details = { hash, stream: stream.id, sequence: 3 }
      writer.seal(sealer, [writer.record({ eventName: 'telltale.audit.record.parked', details })])
      writer.checkpoint(sealer)
      writer.rows.now += HOUR_MICROS

      expect(await verifyRows(writer)).toMatchObject(
        isRight
          ? { verdict: 'amber', counts: { 'gap-explained': 1 }, first: null }
          : { verdict: 'red', first: { rule: 'stream-gap', sequence: 3 } },
      )
    }
  })

  test('is not explained by a record that came from nobody who was let in', async () => {
    const { writer, sealer, stream, hashes } = writeWithout([3], 5)
    const details = { hash: hashes.get(3)!, stream: stream.id, sequence: 3 }
    const parked = writer.record({ eventName: 'telltale.audit.record.parked', details })
    writer.seal(sealer, [{ ...parked, ingestedBy: null }])
    writer.checkpoint(sealer)
    writer.rows.now += HOUR_MICROS

    expect(await verifyRows(writer)).toMatchObject({
      verdict: 'red',
      first: { rule: 'stream-gap', sequence: 3 },
    })
  })

  test('is not missing when it is kept as a conflict, with the hash that its successor names', async () => {
    for (const isRight of [true, false]) {
      const writer = new TrailWriter()
      const [sealer, stream] = [writer.uuid(), writer.stream()]
      const first = writer.record({ stream })
      writer.seal(sealer, [first])
      const second = withId(writer.record({ stream }), first.recordId)
      if (isRight) stream.hash = second.hash
      const conflicts = [{ ...second, storedHash: first.hash }]
      writer.seal(sealer, [writer.record({ stream })], { conflicts })
      writer.checkpoint(sealer)
      writer.rows.now += HOUR_MICROS

      expect(await verifyRows(writer)).toMatchObject(
        isRight
          ? { verdict: 'green', problems: [] }
          : { verdict: 'red', first: { rule: 'stream-gap', sequence: 2 } },
      )
    }
  })

  test('is explained when it is in quarantine', async () => {
    const { writer, sealer, stream } = writeWithout([2], 3)
    const raw = Buffer.from(`OTLP of ${stream.id}`)
    writer.seal(sealer, [], { quarantine: [{ raw, stream: stream.id, sequence: 2 }] })
    writer.checkpoint(sealer)
    writer.rows.now += HOUR_MICROS

    expect(await verifyRows(writer)).toMatchObject({
      verdict: 'amber',
      counts: { 'gap-explained': 1 },
    })
  })

  test('is explained by an unclean end only when its spool had bytes that could not be read', async () => {
    for (const skippedBytes of [0, 512]) {
      const { writer, sealer, stream } = writeWithout([2], 3)
      const details = { clean: false, stream: stream.id, lastSequence: 3, skippedBytes }
      writer.seal(sealer, [writer.record({ eventName: 'telltale.audit.trail.stopped', details })])
      writer.checkpoint(sealer)
      writer.rows.now += HOUR_MICROS

      expect((await verifyRows(writer)).verdict).toBe(skippedBytes > 0 ? 'amber' : 'red')
    }
  })

  test('does not trouble a stream that ended uncleanly with nothing missing', async () => {
    const { writer, sealer, stream } = writeWithout([], 3)
    const details = { clean: false, stream: stream.id, lastSequence: 3, skippedBytes: 40 }
    writer.seal(sealer, [writer.record({ eventName: 'telltale.audit.trail.stopped', details })])
    writer.checkpoint(sealer)
    writer.rows.now += HOUR_MICROS

    expect((await verifyRows(writer)).verdict).toBe('green')
  })
})

describe('the first bad record', () => {
  test('of a replaced one is itself, whether its successor or both neighbours accuse it', async () => {
    const { writer, sealer } = writeWithout([], 5)
    const victim = writer.rows.records[2]!
    // A row without a seal of its own: only its links tell.
    victim.hash = sha256('replaced')

    const { first, counts } = await verifyRows(writer, {
      withoutCheckpoints: true,
      checks: new Set(['stream-link']),
    })

    expect(first).toMatchObject({ rule: 'stream-link', recordId: victim.recordId, sealer, seal: 2 })
    expect(counts['stream-link']).toBe(1)
  })

  test('of a log that was rewritten as a whole lies after the last checkpoint that fits', async () => {
    const { writer, sealer } = writeWithout([], 2)
    writer.checkpoint(sealer)
    writer.seal(sealer, [writer.record()])
    writer.note(sealer, 3, Buffer.alloc(32, 7))

    expect((await verifyRows(writer)).first).toMatchObject({ rule: 'log', sealer, seal: 2 })
  })

  test('is one of many: a few of each rule are listed, and all are counted', async () => {
    const { writer } = writeWithout([], 200)
    for (const row of writer.rows.records) row.occurredAt += 1n

    const { problems, counts, first } = await verifyRows(writer, { withoutCheckpoints: true })

    expect(counts.column).toBe(200)
    expect(problems.filter(({ rule }) => rule === 'column')).toHaveLength(20)
    expect(first?.recordId).toBe(writer.rows.records[0]!.recordId)
  })
})

describe('a part of a trail', () => {
  test('is green although its streams begin before it and go on after it', async () => {
    const { writer, sealer } = writeWithout([], 10)
    writer.checkpoint(sealer)
    const { seals } = writer.rows
    writer.rows.now += HOUR_MICROS

    expect(
      await verifyRows(writer, { from: seals[3]!.recordedAt, to: seals[6]!.recordedAt }),
    ).toMatchObject({ verdict: 'green', records: 4, seals: 10, first: null })
  })

  test('has no gap where a record came later than the part', async () => {
    const writer = new TrailWriter()
    const [sealer, stream] = [writer.uuid(), writer.stream()]
    const records = Array.from({ length: 5 }, () => writer.record({ stream }))
    for (const at of [0, 1, 3, 2, 4]) writer.seal(sealer, [records[at]!])
    writer.checkpoint(sealer)
    const { seals } = writer.rows
    writer.rows.now += HOUR_MICROS

    // Number 3 lies in the seal after the part.
    const part = { from: seals[0]!.recordedAt, to: seals[2]!.recordedAt }
    expect(await verifyRows(writer, part)).toMatchObject({ verdict: 'green', first: null })
    writer.rows.records = writer.rows.records.filter(
      ({ recordId }) => recordId !== records[2]!.recordId,
    )
    expect(await verifyRows(writer, part)).toMatchObject({
      verdict: 'red',
      first: { rule: 'stream-gap', sequence: 3 },
    })
  })

  test('finds the erasure of an annex that came after the part', async () => {
    const { writer } = writeSampleTrail()
    const seal = writer.rows.seals.find(({ leafCount, seal }) => leafCount === 3 && seal === 1)!
    const part = { from: seal.recordedAt, to: seal.recordedAt }

    expect(await verifyRows(writer, part)).toMatchObject({ verdict: 'green' })
  })

  test('does not look at what lies outside of it', async () => {
    const { writer, sealer } = writeWithout([], 10)
    writer.checkpoint(sealer)
    writer.rows.records[0]!.occurredAt += 1n
    const { seals } = writer.rows

    expect((await verifyRows(writer, { from: seals[1]!.recordedAt })).verdict).toBe('green')
    expect((await verifyRows(writer, { to: seals[1]!.recordedAt })).verdict).toBe('red')
  })
})
