import { expect, test } from 'vitest'
import { digestRetained } from '../../../src/verification/retained-digest.ts'
import type { TrailRows } from '../../support/audit/memory-trail.ts'
import { verifyRows } from '../../support/audit/sample-trail.ts'
import { TrailWriter } from '../../support/audit/trail-writer.ts'

const PARTITION = 'records_2025_01'

/** A trail whose first two seals have lost their rows to retention, and whose third says so. */
async function writeRetainedTrail(): Promise<TrailWriter> {
  const writer = new TrailWriter()
  const [sealer, stream] = [writer.uuid(), writer.stream()]
  const record = () => writer.record({ stream })
  writer.seal(sealer, [record(), record()])
  writer.seal(sealer, [record(), record(), record()])
  const { rows } = writer
  const gone = rows.records.splice(0, 4)
  rows.retained.push({ partition: PARTITION, from: 1_735_689_600, to: 1_738_368_000, records: 4 })
  rows.retainedLeaves.push(
    { partition: PARTITION, sealer, seal: 0, firstLeaf: 0, lastLeaf: 1 },
    { partition: PARTITION, sealer, seal: 1, firstLeaf: 0, lastLeaf: 1 },
  )
  rows.retainedStreams.push({
    partition: PARTITION,
    stream: stream.id,
    first: 1,
    last: 4,
    firstPrevious: gone[0]!.prevHash,
    lastHash: gone[3]!.hash,
  })
  writer.seal(sealer, [
    writer.record({
      eventName: 'telltale.audit.partition.retained',
      details: { digest: await digestOf(rows), partition: PARTITION },
    }),
    record(),
  ])
  writer.checkpoint(sealer)
  // Long enough that nothing can be on its way any more.
  rows.now += 3_600_000_000n
  return writer
}

async function digestOf(rows: TrailRows): Promise<string> {
  const { digest } = await digestRetained(
    rows.retained[0]!,
    each(rows.retainedLeaves),
    each(rows.retainedStreams),
  )
  return digest
}

async function* each<Row>(rows: readonly Row[]): AsyncGenerator<Row> {
  yield* rows
}

test('what was retained is not missed: neither its leaves nor its numbers', async () => {
  const writer = await writeRetainedTrail()

  for (const rangeLeaves of [1, 1_000]) {
    expect(await verifyRows(writer, { rangeLeaves })).toMatchObject({
      verdict: 'green',
      records: 3,
      problems: [],
    })
  }
})

test('a digest is the SHA-256 of the text that the design has', async () => {
  const { rows } = await writeRetainedTrail()
  const { createHash } = await import('node:crypto')
  const [leaves, [stream]] = [rows.retainedLeaves, rows.retainedStreams]
  const text = [
    'telltale-retained/1',
    PARTITION,
    '1735689600 1738368000',
    '4',
    `leaf ${leaves[0]!.sealer} 0 0 1`,
    `leaf ${leaves[0]!.sealer} 1 0 1`,
    `stream ${Buffer.from(stream!.stream).toString('hex')} 1 4 ${stream!.firstPrevious} ${stream!.lastHash}`,
    '',
  ].join('\n')

  expect(await digestOf(rows)).toBe(createHash('sha256').update(text).digest('hex'))
})

test.each<[string, (rows: TrailRows) => void, string]>([
  [
    'a leaf more is said to be retained',
    (rows) => {
      rows.retainedLeaves[1] = { ...rows.retainedLeaves[1]!, lastLeaf: 2 }
      rows.records.shift()
    },
    'leaf-missing',
  ],
  [
    'no record says that it was retained',
    (rows) => {
      const at = rows.records.findIndex(({ texts }) => texts[0]?.includes('retained'))
      rows.records.splice(at, 1)
    },
    'leaf-missing',
  ],
  [
    'the row of audit.retained is gone',
    (rows) => {
      rows.retained = []
    },
    'leaf-missing',
  ],
  [
    'a record that was not retained is deleted',
    (rows) => {
      rows.records.shift()
    },
    'leaf-missing',
  ],
  [
    'the runs of streams are changed',
    (rows) => {
      rows.retainedStreams[0] = { ...rows.retainedStreams[0]!, lastHash: '0'.repeat(64) }
    },
    'stream-link',
  ],
])('red when %s', async (_what, attack, rule) => {
  const writer = await writeRetainedTrail()
  attack(writer.rows)

  const { verdict, counts } = await verifyRows(writer)

  expect(verdict).toBe('red')
  expect(counts).toHaveProperty(rule)
})
