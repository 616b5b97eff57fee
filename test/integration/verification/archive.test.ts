import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { type PartialAddresses, type Stack, startPartOfStack } from '../../../deploy/stack/stack.ts'
import {
  exportArchive,
  prove,
  type Proof,
  verifyArchive,
  verifyProofText,
} from '../../../src/verification/verification.ts'
import type { Manifest } from '../../../src/verification/archive/manifest.ts'
import { createAuditDatabase } from '../../support/audit/audit-database.ts'
import {
  type CheckpointFolder,
  writeCheckpointFolder,
} from '../../support/audit/checkpoint-folder.ts'
import { sha256 } from '../../support/audit/reference-evidence.ts'
import { type SampleTrail, writeSampleTrail } from '../../support/audit/sample-trail.ts'
import { TrailWriter } from '../../support/audit/trail-writer.ts'
import { writeToPostgres } from '../../support/audit/trail-to-postgres.ts'

// The database is made with all its partitions, which takes its time on a busy machine.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 })

const NEWEST_SCHEMA = 1_000

type Line = Readonly<Record<string, unknown>>

let stack: Stack<PartialAddresses>
let trail: SampleTrail
let folder: CheckpointFolder
let url: string
let scratch: string

beforeAll(async () => {
  stack = await startPartOfStack(['postgres'])
  trail = writeSampleTrail()
  url = await createAuditDatabase(stack.addresses)
  await writeToPostgres(url, trail.writer.rows)
  folder = await writeCheckpointFolder(trail.writer)
  scratch = await mkdtemp(join(tmpdir(), 'telltale-archive-'))
})

afterAll(async () => {
  await stack?.stop()
  await folder?.[Symbol.asyncDispose]()
  if (scratch) await rm(scratch, { recursive: true, force: true })
})

const place = () => ({ postgres: { connectionString: url }, newestSchema: NEWEST_SCHEMA })

async function exportTo(name: string, part: Partial<Parameters<typeof exportArchive>[0]> = {}) {
  const directory = join(scratch, name)
  const manifest = await exportArchive({
    ...place(),
    directory,
    checkpoints: [folder.checkpoints],
    ...part,
  })
  return { directory, manifest }
}

const verifyAt = (directory: string) => verifyArchive({ directory, publicKeys: [folder.publicKey] })

const proveRecord = (recordId: string) =>
  prove({
    ...place(),
    recordId,
    checkpoints: [folder.checkpoints],
    publicKeys: [folder.publicKey],
  })

describe('an archive', () => {
  test('of the whole trail is as green as the database, and amber without the key', async () => {
    const { directory, manifest } = await exportTo('whole')

    expect(manifest.files).toMatchObject({
      records: { lines: 13 },
      seals: { lines: 7 },
      annexes: { lines: 1 },
      conflicts: { lines: 1 },
      quarantine: { lines: 1 },
    })
    expect(await verifyAt(directory)).toMatchObject({
      verdict: 'green',
      records: 13,
      seals: 7,
      streams: 2,
      checkpoints: 4,
      problems: [],
    })
    expect(await verifyArchive({ directory })).toMatchObject({ verdict: 'amber' })
  })

  test('names the first bad record when a line is changed, or taken out', async () => {
    const { directory } = await exportTo('changed')
    const file = join(directory, 'records.jsonl')
    const lines = (await readFile(file, 'utf8')).split('\n')
    const victim = trail.writer.rows.records[1]!

    await writeFile(
      file,
      lines
        .map((line) =>
          line.includes(`"recordId":"${victim.recordId}"`)
            ? line.replaceAll('user-1', 'user-2')
            : line,
        )
        .join('\n'),
    )
    const changed = await verifyAt(directory)
    await writeFile(
      file,
      lines.filter((line) => !line.includes(`"recordId":"${victim.recordId}"`)).join('\n'),
    )
    const removed = await verifyAt(directory)

    expect(changed).toMatchObject({
      verdict: 'red',
      first: { rule: 'evidence-hash', recordId: victim.recordId },
    })
    expect(changed.counts).toMatchObject({ archive: 1 })
    expect(removed).toMatchObject({
      verdict: 'red',
      first: { rule: 'leaf-missing', ...victim.place },
    })
  })

  test('of a time shows that a seal and its rows were taken out of it, manifest and all', async () => {
    const from = new Date(Number(trail.writer.rows.seals[1]!.recordedAt / 1_000n))
    const { directory } = await exportTo('robbed', { from })
    expect((await verifyAt(directory)).problems).toEqual([])
    const victim = trail.writer.rows.records.find(
      ({ recordedAt }) => recordedAt >= BigInt(from.getTime()) * 1_000n,
    )
    const { sealer, seal } = victim!.place
    const manifestFile = join(directory, 'manifest.json')
    const manifest = JSON.parse(await readFile(manifestFile, 'utf8')) as Manifest
    const rewrite = async (name: 'seals' | 'records', change: (line: Line) => Line | undefined) => {
      const file = join(directory, `${name}.jsonl`)
      const lines = (await readFile(file, 'utf8')).trimEnd().split('\n')
      const kept = lines.flatMap((line) => change(JSON.parse(line) as Line) ?? [])
      const text = kept.map((line) => `${JSON.stringify(line)}\n`).join('')
      await writeFile(file, text)
      Object.assign(manifest.files[name], { sha256: sha256(text) })
    }
    const isVictim = (line: Line): boolean => line['sealer'] === sealer && line['seal'] === seal
    await rewrite('records', (line) => (isVictim(line) ? undefined : line))
    await rewrite('seals', (line) => {
      const { leaves, ...header } = line
      return isVictim(line) && leaves !== undefined ? header : line
    })
    await writeFile(manifestFile, JSON.stringify(manifest))

    expect(await verifyAt(directory)).toMatchObject({
      verdict: 'red',
      counts: { archive: 1 },
      first: { rule: 'archive', sealer, seal },
    })
  })

  test('stays green when the line of an annex is erased from it', async () => {
    const { directory } = await exportTo('erased')
    await writeFile(join(directory, 'annexes.jsonl'), '')

    expect(await verifyAt(directory)).toMatchObject({ verdict: 'green' })
  })

  test('can leave annexes out', async () => {
    const { directory, manifest } = await exportTo('without', { withoutAnnexes: true })

    expect(manifest.files.annexes.lines).toBe(0)
    expect(await verifyAt(directory)).toMatchObject({ verdict: 'green' })
  })

  test('of some time holds whole seals and still proves them against the log', async () => {
    const second = trail.writer.rows.seals[2]!.recordedAt
    const moment = new Date(Number(second / 1_000n))
    const { directory, manifest } = await exportTo('part', { from: moment, to: moment })

    expect(manifest.files).toMatchObject({ seals: { lines: 7 }, records: { lines: 3 } })
    expect(await verifyAt(directory)).toMatchObject({ verdict: 'green', records: 3, seals: 7 })
  })

  test('of a partition holds its records and no others', async () => {
    const name = `records_${new Date().toISOString().slice(0, 7).replace('-', '_')}`
    const { directory, manifest } = await exportTo('partition', { partition: name })

    // The records of the sample are older than the oldest month that a new database has.
    expect(manifest.files.records.lines).toBe(0)
    expect(await verifyAt(directory)).toMatchObject({ verdict: 'green', records: 0, seals: 7 })
    await expect(exportTo('none', { partition: 'records_1999_01' })).rejects.toThrow(
      'audit.records has no monthly partition "records_1999_01"',
    )
  })

  test('is never written over', async () => {
    await exportTo('twice')

    await expect(exportTo('twice')).rejects.toThrow('must be empty')
  })
})

describe('a proof', () => {
  test('of every record holds with the key alone', async () => {
    for (const { recordId } of trail.writer.rows.records) {
      const proof = await proveRecord(recordId)
      const verdict = await verifyProofText(JSON.stringify(proof), [folder.publicKey])

      expect(verdict).toMatchObject({ verdict: 'green', recordId, problems: [] })
    }
  })

  test.each<[string, (proof: Proof) => Proof]>([
    [
      'the evidence',
      (proof) => ({
        ...proof,
        record: { ...proof.record, evidence: proof.record.evidence.replace('user-1', 'user-2') },
      }),
    ],
    [
      'the id',
      (proof) => ({
        ...proof,
        record: { ...proof.record, recordId: '019aa5c0-0000-7000-8000-0000000000ff' },
      }),
    ],
    [
      'who delivered it',
      (proof) => ({ ...proof, record: { ...proof.record, ingestedBy: 'other' } }),
    ],
    [
      'the place in the seal',
      (proof) => ({ ...proof, leaf: { ...proof.leaf, index: proof.leaf.index + 1 } }),
    ],
    ['the seal', (proof) => ({ ...proof, seal: proof.seal.replace(/\n1763/, '\n1764') })],
    [
      'the size of the log',
      (proof) => ({ ...proof, log: { ...proof.log, size: proof.log.size + 1 } }),
    ],
    [
      'the path in the log',
      (proof) => ({
        ...proof,
        log: { ...proof.log, path: [...proof.log.path, Buffer.alloc(32).toString('base64')] },
      }),
    ],
    [
      'the checkpoint',
      (proof) => ({ ...proof, checkpoint: proof.checkpoint.replace('interval 5', 'interval 6') }),
    ],
  ])('holds no longer when somebody changes %s', async (_what, change) => {
    const proof = await proveRecord(trail.writer.rows.records[1]!.recordId)

    const verdict = await verifyProofText(JSON.stringify(change(proof)), [folder.publicKey])

    expect(verdict.verdict).toBe('red')
    expect(verdict.problems).not.toEqual([])
  })

  test('holds with no other key', async () => {
    const proof = await proveRecord(trail.writer.rows.records[1]!.recordId)
    await using other = await writeCheckpointFolder(new TrailWriter())

    expect(await verifyProofText(JSON.stringify(proof), [other.publicKey])).toMatchObject({
      verdict: 'red',
      problems: ['the checkpoint has no valid signature by one of the given keys'],
    })
  })

  test('of a record that is not there, or that no checkpoint covers, is refused', async () => {
    await expect(proveRecord('019aa5c0-0000-7000-8000-00000000ffff')).rejects.toThrow('no record')
    await expect(proveRecord('one')).rejects.toThrow('must be a UUID')
    const { recordId } = trail.writer.rows.records[0]!
    await using empty = await writeCheckpointFolder(new TrailWriter())
    const uncovered = prove({
      ...place(),
      recordId,
      checkpoints: [empty.checkpoints],
      publicKeys: [folder.publicKey],
    })
    await expect(uncovered).rejects.toThrow('no checkpoint of sealer')
  })
})
