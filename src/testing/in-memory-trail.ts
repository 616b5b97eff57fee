import { hash as hashOf, randomUUID } from 'node:crypto'
import type { AppendedRecord, AuditTrail } from '../audit/audit-trail.ts'
import type { MadeRecord, MakeRecord } from '../audit/made-record.ts'
import { AuditError, MEANINGS, type ErrorCode } from '../core/errors.ts'

/** A trail in memory: each record is made and chained as in the spool. */
export interface InMemoryTrail extends AuditTrail {
  readonly records: readonly MadeRecord[]
  refuse(code: ErrorCode | undefined): void
  /** Forgets the records; the stream goes on. */
  clear(): void
}

/** Starts a stream in memory. */
export function createInMemoryTrail(): InMemoryTrail {
  const streamId = randomUUID()
  const records: MadeRecord[] = []
  let refusal: ErrorCode | undefined
  let sequence = 0
  let previousHash = sha256('')
  const append = (make: MakeRecord): AppendedRecord => {
    if (refusal !== undefined) throw new AuditError(refusal, `${MEANINGS[refusal]} (by the test)`)
    const record = make({ streamId, sequence: sequence + 1, previousHash })
    const evidence = Buffer.from(record.evidence)
    sequence += 1
    previousHash = sha256(evidence)
    records.push({ ...record, evidence })
    return { recordId: record.recordId, streamId, sequence, hash: previousHash }
  }
  return {
    records,
    // oxlint-disable-next-line typescript/require-await -- what is thrown must reject
    append: async (make) => append(make),
    write(make) {
      try {
        append(make)
      } catch {
        // As the spool: whoever emits a log record hears nothing.
      }
    },
    refuse: (code) => void (refusal = code),
    clear: () => void records.splice(0),
  }
}

function sha256(content: Uint8Array | string): string {
  return hashOf('sha256', content, 'hex')
}
