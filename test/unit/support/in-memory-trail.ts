import type { AppendedRecord, AuditTrail, Durability } from '../../../src/audit/audit-trail.ts'
import type { MadeRecord, MakeRecord } from '../../../src/audit/made-record.ts'
import { sha256 } from '../../support/audit/reference-evidence.ts'
import { toMadeRecord } from './to-made-record.ts'

/** A trail that keeps its stream in memory. */
export class InMemoryTrail implements AuditTrail {
  readonly records: MadeRecord[] = []
  readonly durabilities: Durability[] = []
  /** What each append waits for; rejects to have it fail. */
  until: (record: MadeRecord) => Promise<void> = async () => undefined
  #last = sha256('')

  async append(make: MakeRecord, durability: Durability): Promise<AppendedRecord> {
    const streamId = '019a9d3c-0000-7000-8000-000000000001'
    const sequence = this.records.length + 1
    const record = toMadeRecord(make({ streamId, sequence, previousHash: this.#last }))
    const hash = sha256(record.evidence)
    this.#last = hash
    this.records.push(record)
    this.durabilities.push(durability)
    await this.until(record)
    return { recordId: record.recordId, streamId, sequence, hash }
  }

  write(make: MakeRecord): void {
    void this.append(make, 'spooled')
  }
}
