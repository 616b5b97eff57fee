import { Client } from 'pg'

/** How many rows each table of the audit trail has. */
export interface AuditCounts {
  readonly records: number
  readonly quarantine: number
  readonly conflicts: number
}

/** Counts the rows of the audit trail, all or those of some record ids. */
export async function countAudit(databaseUrl: string): Promise<AuditCounts> {
  const [counts] = await query<AuditCounts>(
    databaseUrl,
    `SELECT (SELECT count(*)::int FROM audit.records) AS records,
            (SELECT count(*)::int FROM audit.quarantine) AS quarantine,
            (SELECT count(*)::int FROM audit.conflicts) AS conflicts`,
  )
  if (!counts) throw new Error('no counts')
  return counts
}

/** Which of these records are stored; an id appears as often as it is stored. */
export async function storedIds(databaseUrl: string, ids: readonly string[]): Promise<string[]> {
  const rows = await query<{ record_id: string }>(
    databaseUrl,
    'SELECT record_id FROM audit.records WHERE record_id = ANY ($1::uuid[])',
    [ids],
  )
  return rows.map(({ record_id }) => record_id)
}

async function query<Row extends object>(
  databaseUrl: string,
  text: string,
  values: readonly unknown[] = [],
): Promise<Row[]> {
  const client = new Client({ connectionString: databaseUrl, connectionTimeoutMillis: 5_000 })
  await client.connect()
  try {
    return (await client.query<Row>(text, [...values])).rows
  } finally {
    await client.end()
  }
}
