import type { CheckName } from './checks.ts'
import { type Columns, toColumns } from './columns.ts'
import { type Evidence, EvidenceError, readAnnex, readEvidence } from './evidence.ts'
import { toJsonbText } from './jsonb-text.ts'
import { sha256 } from './merkle.ts'
import { type RecordRow, TEXT_COLUMNS } from './rows.ts'

/** A row with what its evidence gives. */
export interface RecordCase {
  readonly row: RecordRow
  /** Absent when the bytes are no evidence. */
  readonly evidence?: Evidence
  readonly columns?: Columns
  /** Which rule of the format the bytes break. */
  readonly fault?: string
}

/** Reads a row's evidence. */
export function toRecordCase(row: RecordRow): RecordCase {
  const { evidence, fault } = tryEvidence(row.evidence)
  return evidence ? { row, evidence, columns: toColumns(evidence) } : { row, fault: fault! }
}

/** Reads evidence, or says what is wrong with it. */
export function tryEvidence(bytes: Buffer): { evidence?: Evidence; fault?: string } {
  try {
    return { evidence: readEvidence(bytes) }
  } catch (error) {
    if (error instanceof EvidenceError) return { fault: error.message }
    throw error
  }
}

/** What is to be said of a row when a check finds something. */
type RecordCheck = (record: RecordCase) => string | undefined

/** Checks that need one row of `audit.records` and nothing else. */
export const recordChecks: Readonly<Partial<Record<CheckName, RecordCheck>>> = {
  'evidence-hash': ({ row }) =>
    sha256Hex(row.evidence) === row.hash ? undefined : 'hash is not the SHA-256 of evidence',

  'evidence-canonical': ({ fault }) =>
    fault && `the evidence is not as the format has it: ${fault}`,

  'column-record-id': ({ row, columns }) =>
    differs(columns, columns?.recordId === row.recordId, 'record_id'),

  'column-texts': ({ row, columns }) => {
    if (!columns) return undefined
    const different = TEXT_COLUMNS.filter((name, index) => row.texts[index] !== columns.texts[name])
    return different.length === 0
      ? undefined
      : `${different.join(', ')}: not what the evidence says`
  },

  'column-sequence': ({ row, columns }) =>
    differs(columns, columns?.sequenceNumber === row.sequenceNumber, 'sequence_number'),

  'column-prev-hash': ({ row, columns }) =>
    differs(columns, columns?.prevHash === row.prevHash, 'prev_hash'),

  'column-annex-hash': ({ row, columns }) =>
    differs(columns, columns?.annexHash === row.annexHash, 'annex_hash'),

  'column-occurred-at': ({ row, columns }) =>
    differs(columns, (columns?.occurredAt ?? row.recordedAt) === row.occurredAt, 'occurred_at'),

  'column-occurred-nano': ({ row, columns }) =>
    differs(columns, columns?.occurredUnixNano === row.occurredUnixNano, 'occurred_unix_nano'),

  'annex-undeclared': ({ row, columns }) =>
    columns && columns.annexHash === null && row.annex
      ? 'there is an annex, and the evidence names none'
      : undefined,

  'annex-hash': ({ row: { annex }, columns }) =>
    columns?.annexHash && annex && hashAnnex(annex) !== columns.annexHash
      ? 'the annex is not the one that the evidence names'
      : undefined,

  'annex-canonical': ({ row: { annex } }) => (annex ? checkAnnex(annex) : undefined),
}

function differs(columns: Columns | undefined, same: boolean, name: string): string | undefined {
  return columns === undefined || same ? undefined : `${name}: not what the evidence says`
}

function hashAnnex(annex: NonNullable<RecordRow['annex']>): string {
  return sha256Hex(Buffer.concat([annex.salt, annex.bytes]))
}

function checkAnnex(annex: NonNullable<RecordRow['annex']>): string | undefined {
  try {
    const values = readAnnex(annex.bytes)
    return toJsonbText(values) === annex.details
      ? undefined
      : 'details of the annex: not what the annex says'
  } catch (error) {
    if (error instanceof EvidenceError) {
      return `the annex is not as the format has it: ${error.message}`
    }
    throw error
  }
}

function sha256Hex(bytes: Buffer): string {
  return sha256(bytes).toString('hex')
}
