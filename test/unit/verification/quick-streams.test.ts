import { describe, expect, test } from 'vitest'
import { ATTACKS, attacked } from '../../support/audit/attacks.ts'
import { sha256 } from '../../support/audit/reference-evidence.ts'
import { verifyRows } from '../../support/audit/sample-trail.ts'
import { TrailWriter, type WrittenStream } from '../../support/audit/trail-writer.ts'

const CASES: Readonly<Record<string, (stream: WrittenStream, writer: TrailWriter) => void>> = {
  'a record that names another one before it': (stream) => {
    stream.hash = sha256('another')
  },
  'a number that is left out, and a link that passes over it': (stream) => {
    stream.sequence += 1
  },
  'a number that is there twice': (stream) => {
    stream.sequence -= 1
  },
  'a number far behind': (stream) => {
    stream.sequence = 0
  },
  'nothing at all': () => {},
}

describe.each(Object.entries(CASES))('%s', (_name, happen) => {
  test.each(['producer', 'collector'] as const)(
    'gives the same verdict the quick way, made by the %s',
    async (evidenceBy) => {
      const writer = new TrailWriter()
      const [stream, sealer] = [writer.stream(), writer.uuid()]
      const record = (by?: typeof evidenceBy) =>
        writer.record({ stream, ...(by && { evidenceBy: by }) })
      const rows = [record(), record(), record()]
      happen(stream, writer)
      rows.push(record(evidenceBy), record(), record())
      writer.seal(sealer, rows)
      writer.checkpoint(sealer, 'closed')
      writer.rows.now += 3_600_000_000n

      const quick = await verifyRows(writer, { isQuick: true })

      expect(quick).toEqual(await verifyRows(writer, { isQuick: false }))
    },
  )
})

test.each(Object.values(ATTACKS))('the verdict is the same both ways: $name', async (attack) => {
  const { trail, options } = attacked(attack)

  const quick = await verifyRows(trail.writer, { ...options, isQuick: true })

  expect(quick).toEqual(await verifyRows(trail.writer, { ...options, isQuick: false }))
})
