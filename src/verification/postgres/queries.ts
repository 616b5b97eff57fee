import { RECORD_COLUMNS } from '../quick/record-fields.ts'
import { type SealRange, TEXT_COLUMNS } from '../rows.ts'

const RECORD_FIELDS = [...RECORD_COLUMNS, ...TEXT_COLUMNS].map((name) => `r.${name}`).join(', ')

/** What is read of each table for a range of seals. */
export const rangeQueries = {
  seals: (range: SealRange): string =>
    `SELECT s.sealer_id, s.seal_number, s.leaf_count, s.recorded_at, s.root, s.leaves FROM audit.seals s WHERE ${within('s', range)}`,

  records: (range: SealRange): string =>
    `SELECT ${RECORD_FIELDS}, a.salt, a.annex, a.details FROM audit.records r LEFT JOIN audit.annexes a ON a.record_id = r.record_id WHERE ${within('r', range)}`,

  conflicts: (range: SealRange): string =>
    `SELECT c.sealer_id, c.seal_number, c.leaf_index, c.record_id, c.hash, c.stored_hash, c.evidence, c.evidence_by, c.evidence_format, c.ingested_by, c.recorded_at FROM audit.conflicts c WHERE ${within('c', range)}`,

  quarantine: (range: SealRange): string =>
    `SELECT q.sealer_id, q.seal_number, q.leaf_index, q.raw_hash, q.raw, q.reason, q.ingested_by, q.recorded_at, q.stream_id, q.sequence_number, q.evidence, q.hash FROM audit.quarantine q WHERE ${within('q', range)}`,

  retained: (range: SealRange): string =>
    `SELECT l.sealer_id, l.seal_number, l.partition, l.first_leaf, l.last_leaf FROM audit.retained_leaves l WHERE ${within('l', range)}`,
} as const

/** COPY takes no parameters: what stands in it must be a UUID and a whole number. */
function within(table: string, { after, upTo }: SealRange): string {
  const bounds = [
    after && `(${table}.sealer_id, ${table}.seal_number) > (${literal(after)})`,
    upTo && `(${table}.sealer_id, ${table}.seal_number) <= (${literal(upTo)})`,
    // Tells the planner what a comparison of rows does not: that one sealer is all it needs.
    // Who names no seal is no part of any range: rowsWithoutPlace() finds it.
    `${table}.sealer_id IS NOT NULL AND ${table}.seal_number IS NOT NULL`,
    after && upTo && after.sealer === upTo.sealer && `${table}.sealer_id = '${after.sealer}'`,
  ]
  return bounds.filter((bound) => typeof bound === 'string').join(' AND ')
}

function literal({ sealer, seal }: { readonly sealer: string; readonly seal: number }): string {
  if (!/^[0-9a-f-]{36}$/.test(sealer) || !Number.isSafeInteger(seal)) {
    throw new TypeError(`"${sealer}", ${seal} must be a sealer and a number`)
  }
  return `'${sealer}'::uuid, ${seal}`
}
