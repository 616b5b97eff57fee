import { hashLeaf } from './merkle.ts'
import type { ConflictRow, QuarantineRow, RecordRow, SealHeader } from './rows.ts'

/** Leaf hash of a row of `audit.records`. */
export function leafOfRecord(
  row: Pick<RecordRow, 'recordId' | 'hash' | 'evidenceBy' | 'ingestedBy'>,
): Buffer {
  return hashLeaf(
    Buffer.from(
      `R${uuidBytes(row.recordId)}${hexBytes(row.hash)}${makerOf(row.evidenceBy)}${utf8Bytes(row.ingestedBy)}`,
      'latin1',
    ),
  )
}

/** Leaf hash of a row of `audit.conflicts`. */
export function leafOfConflict(
  row: Pick<ConflictRow, 'recordId' | 'hash' | 'storedHash' | 'evidenceBy' | 'ingestedBy'>,
): Buffer {
  return hashLeaf(
    Buffer.from(
      `X${uuidBytes(row.recordId)}${hexBytes(row.hash)}${hexBytes(row.storedHash)}${makerOf(row.evidenceBy)}${utf8Bytes(row.ingestedBy)}`,
      'latin1',
    ),
  )
}

/** Leaf hash of a row of `audit.quarantine`. */
export function leafOfQuarantine(
  row: Pick<QuarantineRow, 'rawHash' | 'ingestedBy' | 'reason'>,
): Buffer {
  return hashLeaf(
    Buffer.from(
      `Q${hexBytes(row.rawHash)}${utf8Bytes(row.ingestedBy)}\0${utf8Bytes(row.reason)}`,
      'latin1',
    ),
  )
}

/** The text of a seal: the entry of its sealer's log. */
export function toSealText(header: SealHeader): string {
  const { sealer, seal, leafCount, recordedAt, root } = header
  return `telltale-seal/1\n${sealer}\n${seal}\n${leafCount}\n${recordedAt}\n${root.toString('base64')}\n`
}

/** Leaf hash of a seal in its sealer's log. */
export function leafOfSeal(header: SealHeader): Buffer {
  return hashLeaf(Buffer.from(toSealText(header)))
}

function makerOf(evidenceBy: string): string {
  // Any other word gives a leaf that no seal has.
  return evidenceBy === 'producer' ? 'P' : evidenceBy === 'collector' ? 'C' : '?'
}

function uuidBytes(uuid: string): string {
  return hexBytes(uuid.replaceAll('-', ''))
}

function hexBytes(digits: string): string {
  return Buffer.from(digits, 'hex').toString('latin1')
}

function utf8Bytes(text: string | null): string {
  return text === null ? '' : Buffer.from(text, 'utf8').toString('latin1')
}
