import { createHash } from 'node:crypto'
import type { KeyValue } from './otlp-input.ts'
import { referenceAnnex } from './reference-evidence.ts'
import {
  referenceEntry,
  referenceLeaf,
  referenceRoot,
  referenceSeal,
  type SealedRow,
} from './reference-seal.ts'

/**
 * What test/fixtures/audit/seal-vectors.json holds: rows with entry and leaf, roots, seals, the roots of a log of seals, and
 * annexes. Bytes are hexadecimal, but for roots in seals, which are base64 as their text has them.
 */
export function sealVectors(): object {
  const rows = sealedRows()
  const leaves = rows.map((row) => referenceLeaf(referenceEntry(row)))
  const seals = Array.from({ length: 10 }, (_, number) => {
    const seal = {
      sealerId: '019a9d3c-7f00-7000-8000-0000000000aa',
      number,
      // From none to nine.
      leaves: leaves.slice(0, number),
      recordedAtMicros: 1_763_735_405_123_456n + BigInt(number),
    }
    return { ...seal, text: referenceSeal(seal) }
  })
  const entries = seals.map(({ text }) => referenceLeaf(Buffer.from(text)))
  return {
    about:
      'Made by `node test/support/audit/write-vectors.ts`: change it there. Bytes are in hexadecimal digits; the root in a text of a seal is base64.',
    genesis: createHash('sha256').digest('hex'),
    rows: rows.map((row, index) => ({
      ...inHex(row),
      entry: referenceEntry(row).toString('hex'),
      leaf: leaves[index]!.toString('hex'),
    })),
    roots: Array.from({ length: 10 }, (_, size) => ({
      leaves: leaves.slice(0, size).map((leaf) => leaf.toString('hex')),
      root: referenceRoot(leaves.slice(0, size)).toString('hex'),
    })),
    seals: seals.map(({ sealerId, number, leaves: sealed, recordedAtMicros, text }) => ({
      sealerId,
      number,
      leaves: sealed.map((leaf) => leaf.toString('hex')),
      recordedAtMicros: String(recordedAtMicros),
      text,
    })),
    logs: Array.from({ length: seals.length + 1 }, (_, size) => ({
      size,
      root: referenceRoot(entries.slice(0, size)).toString('hex'),
    })),
    annexes: annexes(),
  }
}

const id = (at: number): string => `019a9d3c-7f00-7a6b-8c11-00000000000${at}`
const hash = (text: string): Buffer => createHash('sha256').update(text).digest()

function sealedRows(): SealedRow[] {
  const record = { table: 'records', evidenceBy: 'producer', ingestedBy: 'rewards-api' } as const
  return [
    { ...record, recordId: id(0), hash: hash('0') },
    { ...record, recordId: id(1), hash: hash('1'), evidenceBy: 'collector' },
    { ...record, recordId: id(2), hash: hash('2'), ingestedBy: null },
    { ...record, recordId: id(3), hash: hash('3'), ingestedBy: '' },
    { ...record, recordId: id(4), hash: hash('4'), ingestedBy: 'Überwachung 1' },
    { ...record, table: 'conflicts', recordId: id(1), hash: hash('x'), storedHash: hash('1') },
    {
      ...record,
      table: 'conflicts',
      recordId: id(2),
      hash: hash('y'),
      storedHash: hash('2'),
      evidenceBy: 'collector',
      ingestedBy: null,
    },
    {
      table: 'quarantine',
      raw: Buffer.from([0x0a, 0x00, 0xff]),
      ingestedBy: 'rewards-api',
      reason: '"audit.actor.id" is missing',
    },
    { table: 'quarantine', raw: Buffer.alloc(0), ingestedBy: null, reason: '' },
  ]
}

/** The row with its bytes as hexadecimal digits. */
function inHex(row: SealedRow): object {
  return Object.fromEntries(
    Object.entries(row).map(([key, value]: [string, unknown]) => [
      key,
      value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value,
    ]),
  )
}

function annexes(): object[] {
  const all: readonly (readonly KeyValue[])[] = [
    [],
    [{ key: 'email', value: { stringValue: 'ann@example.com' } }],
    [
      { key: 'name', value: { stringValue: 'Ann "é" \u2028' } },
      { key: 'birthday', value: {} },
      {
        key: 'address',
        value: { kvlistValue: { values: [{ key: 'zip', value: { intValue: '1' } }] } },
      },
    ],
  ]
  return all.map((values, index) => {
    const annex = referenceAnnex(values)
    const salt = Buffer.alloc(32, index + 1)
    return {
      values,
      annex,
      salt: salt.toString('hex'),
      hash: createHash('sha256').update(salt).update(annex).digest('hex'),
    }
  })
}
