import { Client } from 'pg'

/** One record of the audit trail, with the columns that people look at. */
export interface AuditRow {
  readonly record_id: string
  readonly event_name: string
  readonly occurred_at: Date
  readonly recorded_at: Date
  readonly actor_id: string
  readonly actor_type: string
  readonly action: string
  readonly outcome: string
  readonly target_type: string | null
  readonly target_id: string | null
  readonly source_id: string | null
  readonly request_id: string | null
  readonly user_agent: string | null
  readonly tenant_id: string | null
  readonly trace_id: string | null
  readonly span_id: string | null
  readonly service_name: string | null
  /** Who delivered it, as the audit endpoint knows them. */
  readonly ingested_by: string | null
  readonly details: Readonly<Record<string, unknown>>
}

/** By which column to look. */
export type AuditKey = 'trace_id' | 'record_id' | 'target_id' | 'request_id' | 'service_name'

/** Reads the audit records with a value in a column, oldest first. */
export async function readAuditRows(
  databaseUrl: string,
  key: AuditKey,
  value: string,
): Promise<AuditRow[]> {
  const client = new Client({ connectionString: databaseUrl, connectionTimeoutMillis: 5_000 })
  await client.connect()
  try {
    const { rows } = await client.query<AuditRow>(
      `SELECT record_id, event_name, occurred_at, recorded_at, actor_id, actor_type, action, outcome,
         target_type, target_id, source_id, request_id, user_agent, tenant_id, trace_id, span_id, service_name,
         ingested_by, details
       FROM audit.records WHERE ${key}::text = $1 ORDER BY occurred_at`,
      [value],
    )
    return rows
  } finally {
    await client.end()
  }
}
