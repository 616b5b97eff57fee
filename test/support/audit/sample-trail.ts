import { createLocalRunner } from '../../../src/verification/range-runner.ts'
import { checkCheckpoints, checkWitness } from '../../../src/verification/checkpoint-checks.ts'
import { parseVerifierKeys } from '../../../src/verification/checkpoint.ts'
import { allChecks, type CheckSet } from '../../../src/verification/checks.ts'
import { Findings } from '../../../src/verification/problems.ts'
import { type TrailCheck, verifyTrail } from '../../../src/verification/verify-trail.ts'
import type { Verdict } from '../../../src/verification/verdict.ts'
import { memorySource } from './memory-trail.ts'
import { sha256 } from './reference-evidence.ts'
import { TrailWriter, type WrittenStream } from './trail-writer.ts'

/** A trail with a bit of everything, and nothing wrong. */
export interface SampleTrail {
  readonly writer: TrailWriter
  readonly sealers: readonly [string, string]
  readonly streams: readonly [WrittenStream, WrittenStream]
}

/** Two sealers, two streams, an erased annex and one that is there, a conflict, a quarantined record; checkpoints over all of it. */
export function writeSampleTrail(): SampleTrail {
  const writer = new TrailWriter()
  const sealers = [writer.uuid(), writer.uuid()] as const
  const streams = [writer.stream(), writer.stream()] as const
  const [one, two] = streams
  const pay = (stream: WrittenStream, amount: string) =>
    writer.record({ stream, details: { amount } })
  writer.seal(sealers[0], [pay(one, '1.5'), pay(two, '2'), pay(one, '3')])
  writer.seal(sealers[1], [pay(one, '4'), writer.record({ evidenceBy: 'collector' })])
  writer.checkpoint(sealers[0])
  const erased = writer.record({ annex: { email: 'a@example.org' } })
  const kept = writer.record({ stream: two, annex: { email: 'b@example.org' } })
  writer.seal(sealers[0], [{ ...erased, annex: null }, kept, pay(one, '5')])
  const stored = pay(two, '6')
  writer.seal(sealers[0], [stored, pay(one, '7')])
  const other = writer.record()
  writer.seal(
    sealers[1],
    [
      writer.record({
        eventName: 'telltale.audit.record.erased',
        details: { reason: 'request', recordId: erased.recordId },
      }),
    ],
    {
      conflicts: [{ ...withId(other, stored.recordId), storedHash: stored.hash }],
      quarantine: [{ raw: Buffer.from('not OTLP') }],
    },
  )
  writer.checkpoint(sealers[0])
  writer.checkpoint(sealers[1])
  writer.seal(sealers[1], [])
  writer.seal(sealers[1], [
    pay(one, '8'),
    writer.record({
      stream: two,
      eventName: 'telltale.audit.trail.stopped',
      details: { clean: true },
    }),
  ])
  writer.checkpoint(sealers[1], 'closed')
  return { writer, sealers, streams }
}

/** The same record under another id, as a careless producer would send it. */
export function withId<
  Row extends { readonly recordId: string; readonly evidence: Buffer; readonly hash: string },
>(row: Row, recordId: string): Row {
  const evidence = Buffer.from(row.evidence.toString().replaceAll(row.recordId, recordId))
  return { ...row, recordId, evidence, hash: sha256(evidence) }
}

/** Verifies rows in memory as the command would verify a database. */
export async function verifyRows(
  { rows, verifierKey }: Pick<TrailWriter, 'rows' | 'verifierKey'>,
  options: {
    readonly checks?: CheckSet
    readonly withoutCheckpoints?: boolean
    readonly witnessed?: readonly string[]
    /** Without the quick way, every record is read in full. */
    readonly isQuick?: boolean
  } & Partial<Pick<TrailCheck, 'from' | 'to' | 'rangeLeaves' | 'isWanted' | 'onProgress'>> = {},
): Promise<Verdict> {
  const { checks = allChecks, withoutCheckpoints = false, witnessed, isQuick, ...part } = options
  const findings = new Findings()
  const keys = parseVerifierKeys(verifierKey)
  // File by file, as they are read.
  const lines = withoutCheckpoints
    ? []
    : [...Map.groupBy(rows.checkpoints, ({ file }) => file).values()].flat()
  const find = findings.add.bind(findings)
  const present = new Set<string>()
  const checkpoints = await checkCheckpoints(lines, keys, checks, find, (note) => present.add(note))
  for (const note of witnessed ?? []) checkWitness(note, present, keys, checks, find)
  const source = memorySource(rows, isQuick)
  return await verifyTrail({
    source,
    runner: createLocalRunner(source, checks),
    checkpoints: withoutCheckpoints ? undefined : checkpoints,
    checks,
    findings,
    ...part,
  })
}
