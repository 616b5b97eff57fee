import { createHash } from 'node:crypto'

/** A row that gets a leaf: ids are UUIDs, hashes 32 bytes. */
export type SealedRow =
  | {
      readonly table: 'records'
      readonly recordId: string
      readonly hash: Uint8Array
      readonly evidenceBy: 'producer' | 'collector'
      readonly ingestedBy: string | null
    }
  | {
      readonly table: 'conflicts'
      readonly recordId: string
      readonly hash: Uint8Array
      readonly storedHash: Uint8Array
      readonly evidenceBy: 'producer' | 'collector'
      readonly ingestedBy: string | null
    }
  | {
      readonly table: 'quarantine'
      readonly raw: Uint8Array
      readonly ingestedBy: string | null
      readonly reason: string
    }

/** The entry of a row, by docs/design/audit.md, section 6. */
export function referenceEntry(row: SealedRow): Buffer {
  const by = Buffer.from(row.ingestedBy ?? '')
  if (row.table === 'quarantine') {
    return Buffer.concat([
      Buffer.from('Q'),
      digest(row.raw),
      by,
      Buffer.from([0]),
      Buffer.from(row.reason),
    ])
  }
  const id = Buffer.from(row.recordId.replaceAll('-', ''), 'hex')
  const evidenceBy = Buffer.from(row.evidenceBy === 'producer' ? 'P' : 'C')
  return row.table === 'records'
    ? Buffer.concat([Buffer.from('R'), id, row.hash, evidenceBy, by])
    : Buffer.concat([Buffer.from('X'), id, row.hash, row.storedHash, evidenceBy, by])
}

/** RFC 6962, 2.1: the hash of a leaf. */
export function referenceLeaf(entry: Uint8Array): Buffer {
  return digest(Buffer.from([0]), entry)
}

/** RFC 6962, 2.1: the root of a tree, from the hashes of its leaves. */
export function referenceRoot(leaves: readonly Uint8Array[]): Buffer {
  if (leaves.length === 0) return digest()
  if (leaves.length === 1) return Buffer.from(leaves[0]!)
  // The largest power of two that is smaller than their number.
  let left = 1
  while (left * 2 < leaves.length) left *= 2
  return digest(
    Buffer.from([1]),
    referenceRoot(leaves.slice(0, left)),
    referenceRoot(leaves.slice(left)),
  )
}

/** What a seal says. */
export interface Seal {
  readonly sealerId: string
  readonly number: number
  readonly leaves: readonly Uint8Array[]
  readonly recordedAtMicros: bigint
}

/** The text of a seal, which is an entry of its sealer's log. */
export function referenceSeal({ sealerId, number, leaves, recordedAtMicros }: Seal): string {
  const root = referenceRoot(leaves).toString('base64')
  return `telltale-seal/1\n${sealerId}\n${number}\n${leaves.length}\n${recordedAtMicros}\n${root}\n`
}

function digest(...parts: readonly Uint8Array[]): Buffer {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return hash.digest()
}
