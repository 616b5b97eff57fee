import type { DraftRecord, MadeRecord } from '../../../src/audit/made-record.ts'

/** A record as it comes to stand in the spool. */
export function toMadeRecord(draft: DraftRecord): MadeRecord {
  const { evidence } = draft
  return { ...draft, evidence: typeof evidence === 'string' ? Buffer.from(evidence) : evidence }
}
