import { createHash, randomBytes, randomUUID } from 'node:crypto'
import { query } from './query.ts'

/** A row of `audit.records` as a test needs it; the rest is filled in. */
export interface TestRecord {
  readonly recordId: string
  readonly streamId?: string
  readonly sequence?: number
  readonly eventName?: string
  readonly details?: object
  readonly recordedAt?: Date
  /** Gives it an annex, too. */
  readonly annex?: object
}

/** A UUIDv7 of that moment. */
export function idAt(time: Date): string {
  const hex = time.getTime().toString(16).padStart(12, '0') + randomBytes(10).toString('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-7${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20)}`
}

/**
 * Inserts records as one sealed group, past the functions of the Collector: hashes and roots fit nothing, for tests of
 * the database's own rules. What is verified afterwards comes by the Collector.
 */
export async function insertRecords(url: string, records: readonly TestRecord[]): Promise<void> {
  const sealer = randomUUID()
  await query(
    url,
    `INSERT INTO audit.seals (sealer_id, seal_number, leaf_count, recorded_at, root, leaves)
     VALUES ($1, 0, $2, now(), $3, $4)`,
    [sealer, records.length, hash(sealer), Buffer.alloc(32 * records.length)],
  )
  for (const [index, record] of records.entries()) {
    await query(
      url,
      `INSERT INTO audit.records (record_id, occurred_at, recorded_at, sequence_number, seal_number, sealer_id, leaf_index,
         event_name, actor_id, actor_type, action, outcome, service_name, stream_id, prev_hash, annex_hash, hash, evidence, evidence_by, evidence_format, details)
       VALUES ($1, $2, $2, $3, 0, $4, $5, $6, 'user-1', 'user', 'LOG_IN', 'success', 'a-service', $7, $8, $9, $10, $11, 'producer', 'telltale/1', $12)`,
      [
        record.recordId,
        record.recordedAt ?? new Date(),
        record.sequence ?? null,
        sealer,
        index,
        record.eventName ?? 'user_logged_in',
        record.streamId ?? null,
        record.sequence === undefined ? null : hash(`${record.streamId}${record.sequence - 1}`),
        record.annex ? hash('annex') : null,
        hash(`${record.streamId ?? record.recordId}${record.sequence}`),
        Buffer.from('evidence'),
        JSON.stringify(record.details ?? {}),
      ],
    )
    if (!record.annex) continue
    await query(
      url,
      `INSERT INTO audit.annexes (record_id, salt, annex, details) VALUES ($1, $2, $3, $4)`,
      [record.recordId, randomBytes(32), Buffer.from('annex'), JSON.stringify(record.annex)],
    )
  }
}

/** Makes the partition of a month long past, `2024-03`, as it would be there by now. */
export async function makeMonth(url: string, month: string): Promise<void> {
  const name = `records_${month.replace('-', '_')}`
  await query(
    url,
    `SET telltale.audit_maintenance = 'on';
     SET ROLE audit_owner;
     CREATE TABLE audit.${name} (LIKE audit.records INCLUDING DEFAULTS INCLUDING CONSTRAINTS);
     DO $$ BEGIN
       EXECUTE format('ALTER TABLE audit.records ATTACH PARTITION audit.${name} FOR VALUES FROM (%L) TO (%L)',
         audit.first_id_at('${month}-01T00:00:00Z'), audit.first_id_at(timestamptz '${month}-01T00:00:00Z' AT TIME ZONE 'UTC' + interval '1 month'));
     END $$;
     SELECT audit.guard_partition('${name}')`,
  )
}

function hash(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
