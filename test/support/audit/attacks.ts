import { generateKeyPairSync } from 'node:crypto'
import type { CheckName } from '../../../src/verification/checks.ts'
import { referenceAnnex, sha256 } from './reference-evidence.ts'
import { referenceRoot } from './reference-seal.ts'
import { type SampleTrail, type verifyRows, withId, writeSampleTrail } from './sample-trail.ts'

type Options = NonNullable<Parameters<typeof verifyRows>[1]>

/** Something done to a trail that one check finds, and none of the others. */
export interface Attack {
  readonly name: string
  readonly run: (trail: SampleTrail) => void
  /** Without checkpoints, where these would find it as well. */
  readonly options?: Options | ((trail: SampleTrail) => Options)
}

const HOUR_MICROS = 3_600_000_000n

/** Long after everything was written; the rest of the tail is signed. */
function muchLater({ writer, sealers }: SampleTrail): void {
  writer.rows.now += HOUR_MICROS
  writer.checkpoint(sealers[0])
}

/** Another canonical evidence, of which no column tells. */
function withFlags(evidence: Buffer): Buffer {
  return Buffer.from(evidence.toString().replace('"format":', '"flags":1,"format":'))
}

function withSpace(evidence: Buffer): Buffer {
  return Buffer.from(evidence.toString().replace('"format":', ' "format":'))
}

const rowsOf = ({ writer }: SampleTrail) => writer.rows
const withoutCheckpoints: Options = { withoutCheckpoints: true }

/** For each check an attack that only it finds. */
export const ATTACKS: Readonly<Record<CheckName, Attack>> = {
  'evidence-hash': {
    name: 'evidence is changed, its hash is not',
    run: (trail) => {
      const row = rowsOf(trail).records[1]!
      row.evidence = withFlags(row.evidence)
    },
  },
  'evidence-canonical': {
    name: 'a row is sealed whose bytes are no evidence',
    run: (trail) => {
      const row = trail.writer.record()
      const evidence = withSpace(row.evidence)
      trail.writer.seal(trail.sealers[0], [{ ...row, evidence, hash: sha256(evidence) }])
      trail.writer.checkpoint(trail.sealers[0])
    },
  },
  'column-record-id': {
    name: 'a row has the id of another record',
    run: (trail) => {
      const row = { ...trail.writer.record(), recordId: trail.writer.uuid() }
      trail.writer.seal(trail.sealers[0], [row])
      trail.writer.checkpoint(trail.sealers[0])
    },
  },
  'column-texts': {
    name: 'the actor is changed',
    run: (trail) => {
      const row = rowsOf(trail).records[1]!
      row.texts = row.texts.map((text) => (text === 'user-1' ? 'user-2' : text))
    },
  },
  'column-sequence': {
    name: 'the sequence number is changed',
    run: (trail) => {
      rowsOf(trail).records[1]!.sequenceNumber! += 1n
    },
  },
  'column-prev-hash': {
    name: 'the hash of the record before is changed',
    run: (trail) => {
      rowsOf(trail).records[1]!.prevHash = sha256('other')
    },
  },
  'column-annex-hash': {
    name: 'the hash of the annex is taken from its column',
    run: (trail) => {
      rowsOf(trail).records.find(({ annex }) => annex)!.annexHash = null
    },
  },
  'column-occurred-at': {
    name: 'the time is changed',
    run: (trail) => {
      rowsOf(trail).records[1]!.occurredAt -= HOUR_MICROS
    },
  },
  'column-occurred-nano': {
    name: 'the exact time is changed',
    run: (trail) => {
      rowsOf(trail).records[1]!.occurredUnixNano! -= 1n
    },
  },
  leaf: {
    name: 'who delivered a record is changed',
    run: (trail) => {
      rowsOf(trail).records[1]!.ingestedBy = 'somebody else'
    },
  },
  'leaf-twice': {
    name: 'a row is there twice',
    run: (trail) => {
      const row = rowsOf(trail).records.find(({ sequenceNumber }) => sequenceNumber === null)!
      rowsOf(trail).records.push({ ...row })
    },
  },
  'leaf-missing': {
    name: 'a record without a stream is deleted',
    run: (trail) => {
      const { records } = rowsOf(trail)
      records.splice(
        records.findIndex(({ evidenceBy }) => evidenceBy === 'collector'),
        1,
      )
    },
  },
  'seal-count': {
    name: 'a seal counts fewer leaves than it holds',
    options: withoutCheckpoints,
    run: (trail) => {
      rowsOf(trail).seals[0]!.leafCount -= 1
    },
  },
  'seal-root': {
    name: 'the root of a seal is changed',
    options: withoutCheckpoints,
    run: (trail) => {
      rowsOf(trail).seals[0]!.root = Buffer.alloc(32, 1)
    },
  },
  'seal-time': {
    name: 'when a row was stored is changed',
    run: (trail) => {
      rowsOf(trail).records[1]!.recordedAt += 1n
    },
  },
  'seal-numbers': {
    name: 'a seal without rows is deleted',
    options: withoutCheckpoints,
    run: (trail) => {
      const { seals } = rowsOf(trail)
      seals.splice(
        seals.findIndex(({ leafCount }) => leafCount === 0),
        1,
      )
      muchLater(trail)
    },
  },
  'seal-of-row': {
    name: 'a row is added under a seal that never was',
    run: (trail) => {
      const place = { sealer: trail.sealers[0], seal: 99, leaf: 0 }
      const { now, records } = rowsOf(trail)
      records.push({ ...trail.writer.record(), place, recordedAt: now })
    },
  },
  log: {
    name: 'a seal and its rows get another time',
    run: (trail) => {
      const [sealer] = trail.sealers
      for (const each of rowsOf(trail).seals) {
        if (each.sealer === sealer && each.seal === 1) each.recordedAt -= 1n
      }
      for (const each of rowsOf(trail).records) {
        if (each.place.sealer === sealer && each.place.seal === 1) each.recordedAt -= 1n
      }
    },
  },
  'log-short': {
    name: 'the newest record is deleted with its seal',
    run: (trail) => {
      const { writer, sealers } = trail
      const seal = writer.seal(sealers[0], [writer.record()])
      writer.checkpoint(sealers[0])
      const { rows } = writer
      rows.seals = rows.seals.filter((each) => each.sealer !== sealers[0] || each.seal !== seal)
      rows.records.pop()
    },
  },
  'log-closed': {
    name: 'a seal is added to a closed log',
    run: (trail) => {
      trail.writer.seal(trail.sealers[1], [trail.writer.record()])
    },
  },
  'checkpoint-signature': {
    name: 'a checkpoint is signed by another key',
    run: ({ writer, sealers }) => {
      const keys = generateKeyPairSync('ed25519')
      writer.note(sealers[0], 4, Buffer.alloc(32), 'open', { name: writer.keyName, ...keys })
    },
  },
  'checkpoint-readable': {
    name: 'a line of a file of checkpoints is overwritten',
    run: ({ writer, sealers: [sealer] }) => {
      writer.rows.checkpoints.push({ file: `${sealer}.jsonl`, line: 9, sealer })
    },
  },
  'checkpoint-log': {
    name: 'a file of checkpoints gets the name of another log',
    run: (trail) => {
      const { checkpoints } = rowsOf(trail)
      const sealer = trail.writer.uuid()
      rowsOf(trail).checkpoints = checkpoints.map((line) =>
        line.sealer === trail.sealers[0] ? { ...line, sealer } : line,
      )
    },
  },
  'checkpoint-previous': {
    name: 'the first checkpoint is cut off',
    run: (trail) => {
      rowsOf(trail).checkpoints.shift()
    },
  },
  'checkpoint-growth': {
    name: 'a checkpoint is signed for less than the one before it',
    run: (trail) => {
      const { writer, sealers } = trail
      writer.note(sealers[0], 0, referenceRoot([]))
    },
  },
  'checkpoint-after-closed': {
    name: 'a checkpoint comes after the last one',
    run: (trail) => trail.writer.checkpoint(trail.sealers[1], 'closed'),
  },
  'checkpoint-witness': {
    name: 'the newest checkpoint is cut off',
    options: ({ writer, sealers }) => {
      const { checkpoints } = writer.rows
      const newest = checkpoints.findLast(({ sealer }) => sealer === sealers[0])!
      checkpoints.splice(checkpoints.indexOf(newest), 1)
      return { witnessed: [newest.note!] }
    },
    run: ({ writer, sealers }) => {
      writer.seal(sealers[0], [writer.record()])
      writer.checkpoint(sealers[0])
    },
  },
  'stream-gap': {
    name: 'a producer recorded what never came',
    run: (trail) => {
      const [stream] = trail.streams
      trail.writer.record({ stream })
      trail.writer.seal(trail.sealers[0], [trail.writer.record({ stream })])
      muchLater(trail)
    },
  },
  'stream-end': {
    name: 'the end of a stream never came',
    run: (trail) => {
      const { id, sequence } = trail.streams[0]
      const details = { clean: false, stream: id, lastSequence: sequence + 2, skippedBytes: 0 }
      trail.writer.seal(trail.sealers[0], [
        trail.writer.record({ eventName: 'telltale.audit.trail.stopped', details }),
      ])
      muchLater(trail)
    },
  },
  'stream-fork': {
    name: 'a spool is copied and used twice',
    run: (trail) => {
      const [stream] = trail.streams
      const copy = { ...stream }
      trail.writer.seal(trail.sealers[0], [
        trail.writer.record({ stream }),
        trail.writer.record({ stream: copy, actor: 'somebody else' }),
      ])
      trail.writer.checkpoint(trail.sealers[0])
    },
  },
  'stream-link': {
    name: 'a record is not the one that the next one was chained to',
    run: (trail) => {
      const [stream] = trail.streams
      stream.hash = sha256('another record')
      trail.writer.seal(trail.sealers[0], [trail.writer.record({ stream })])
      trail.writer.checkpoint(trail.sealers[0])
    },
  },
  'stream-start': {
    name: 'the first record of a stream names one before it',
    run: (trail) => {
      const stream = { ...trail.writer.stream(), hash: sha256('a record') }
      trail.writer.seal(trail.sealers[0], [trail.writer.record({ stream })])
      trail.writer.checkpoint(trail.sealers[0])
    },
  },
  'annex-hash': {
    name: 'an annex is replaced',
    run: (trail) => {
      const row = rowsOf(trail).records.find(({ annex }) => annex)!
      const bytes = referenceAnnex([{ key: 'email', value: { stringValue: 'c' } }])
      row.annex = { ...row.annex!, bytes: Buffer.from(bytes), details: '{"email": "c"}' }
    },
  },
  'annex-canonical': {
    name: 'the details of an annex are changed',
    run: (trail) => {
      const row = rowsOf(trail).records.find(({ annex }) => annex)!
      row.annex = { ...row.annex!, details: '{"email": "c"}' }
    },
  },
  'annex-undeclared': {
    name: 'an annex is given to a record that has none',
    run: (trail) => {
      const { records } = rowsOf(trail)
      records[1]!.annex = records.find(({ annex }) => annex)!.annex
    },
  },
  'annex-missing': {
    name: 'an annex is deleted without a record of it',
    run: (trail) => {
      rowsOf(trail).records.find(({ annex }) => annex)!.annex = null
    },
  },
  'annex-orphan': {
    name: 'an annex is left without its record',
    run: (trail) => {
      rowsOf(trail).orphans.push(trail.writer.uuid())
    },
  },
  'row-place': {
    name: 'a row is added that names no seal at all',
    run: (trail) => {
      rowsOf(trail).unplaced.push(trail.writer.uuid())
    },
  },
  view: {
    name: 'a view for reading is changed',
    run: (trail) => {
      rowsOf(trail).changedViews.push('audit.trail')
    },
  },
  'quarantine-hash': {
    name: 'a quarantined record is changed',
    run: (trail) => {
      rowsOf(trail).quarantine[0]!.raw = Buffer.from('something else')
    },
  },
  'quarantine-evidence': {
    name: 'a quarantined record is given evidence that it does not have',
    run: (trail) => {
      const row = rowsOf(trail).quarantine[0]!
      row.evidence = Buffer.from('evidence')
      row.hash = sha256('evidence')
    },
  },
  'conflict-hash': {
    name: 'a conflicting record is changed',
    run: (trail) => {
      const row = rowsOf(trail).conflicts[0]!
      row.evidence = withFlags(row.evidence)
    },
  },
  'conflict-canonical': {
    name: 'a conflict is sealed whose bytes are no evidence',
    run: (trail) => {
      const { writer, sealers } = trail
      const stored = writer.rows.records[0]!
      const row = withId(writer.record(), stored.recordId)
      const evidence = withSpace(row.evidence)
      writer.seal(sealers[0], [], {
        conflicts: [{ ...row, evidence, hash: sha256(evidence), storedHash: stored.hash }],
      })
      writer.checkpoint(sealers[0])
    },
  },
}

/** A fresh trail after an attack, and how it is to be verified. */
export function attacked(attack: Attack): { trail: SampleTrail; options: Options } {
  const trail = writeSampleTrail()
  attack.run(trail)
  const { options = {} } = attack
  return { trail, options: typeof options === 'function' ? options(trail) : options }
}
