import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { checkCheckpoints } from '../../../src/verification/checkpoint-checks.ts'
import { parseVerifierKeys } from '../../../src/verification/checkpoint.ts'
import { allChecks } from '../../../src/verification/checks.ts'
import { startIncrement } from '../../../src/verification/increment.ts'
import type { Verdict } from '../../../src/verification/verification.ts'
import { verifyRows } from '../../support/audit/sample-trail.ts'
import { TrailWriter } from '../../support/audit/trail-writer.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'telltale-increment-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

/** Verifies as the command does with `--state`. */
async function verifyNext(writer: TrailWriter): Promise<Verdict> {
  const keys = parseVerifierKeys(writer.verifierKey)
  const checkpoints = await checkCheckpoints(writer.rows.checkpoints, keys, allChecks, () => {})
  const increment = await startIncrement(join(folder, 'state.json'), checkpoints)
  const verdict = await verifyRows(writer, increment!.part)
  if (verdict.verdict !== 'red') await increment!.save()
  return verdict
}

function writeTrail() {
  const writer = new TrailWriter()
  const [sealer, stream] = [writer.uuid(), writer.stream()]
  const seal = (count: number) =>
    writer.seal(
      sealer,
      Array.from({ length: count }, () => writer.record({ stream })),
    )
  return { writer, sealer, stream, seal }
}

describe('a verification that goes on where the last one ended', () => {
  test('reads what checkpoints have covered since, and nothing twice', async () => {
    const { writer, sealer, seal } = writeTrail()
    seal(3)
    writer.checkpoint(sealer)
    seal(2)

    expect(await verifyNext(writer)).toMatchObject({
      verdict: 'green',
      records: 3,
      pending: { seals: 1, records: 2 },
    })
    seal(4)
    writer.checkpoint(sealer)
    expect(await verifyNext(writer)).toMatchObject({ verdict: 'green', records: 6, seals: 3 })
    expect(await verifyNext(writer)).toMatchObject({ verdict: 'green', records: 0, seals: 3 })
  })

  test('finds a gap, a fork and a broken link at the seam', async () => {
    for (const [rule, change] of [
      ['stream-gap', 2],
      ['stream-fork', -1],
      ['stream-link', 0],
    ] as const) {
      const { writer, sealer, stream, seal } = writeTrail()
      seal(3)
      writer.checkpoint(sealer)
      await verifyNext(writer)
      stream.sequence += change
      if (change === 0) stream.hash = '0'.repeat(64)
      seal(1)
      writer.checkpoint(sealer)
      writer.rows.now += 3_600_000_000n

      expect((await verifyNext(writer)).counts).toHaveProperty(rule)
      await rm(join(folder, 'state.json'))
    }
  })

  test('still holds every seal against the checkpoints', async () => {
    const { writer, sealer, seal } = writeTrail()
    seal(3)
    seal(3)
    writer.checkpoint(sealer)
    await verifyNext(writer)
    writer.rows.seals[0]!.root = Buffer.alloc(32)

    expect(await verifyNext(writer)).toMatchObject({ verdict: 'red', first: { rule: 'log' } })
  })

  test('remembers nothing of a trail that is red', async () => {
    const { writer, sealer, seal } = writeTrail()
    seal(3)
    writer.checkpoint(sealer)
    writer.rows.records[0]!.occurredAt += 1n

    expect((await verifyNext(writer)).verdict).toBe('red')
    expect((await verifyNext(writer)).verdict).toBe('red')
  })

  test('explains a gap by what was verified before', async () => {
    const { writer, sealer, stream, seal } = writeTrail()
    seal(2)
    const { hash } = writer.record({ stream })
    const details = { hash, stream: stream.id, sequence: 3 }
    writer.seal(sealer, [writer.record({ eventName: 'telltale.audit.record.parked', details })])
    writer.checkpoint(sealer)
    await verifyNext(writer)
    seal(2)
    writer.checkpoint(sealer)
    writer.rows.now += 3_600_000_000n

    for (let again = 0; again < 2; again += 1) {
      expect(await verifyNext(writer)).toMatchObject({
        verdict: 'amber',
        counts: { 'gap-explained': 1 },
      })
    }
  })

  test('needs checkpoints to end at', async () => {
    await expect(startIncrement(join(folder, 'state.json'), undefined)).rejects.toThrow(
      '--checkpoints',
    )
  })
})
