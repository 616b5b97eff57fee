import type { Client } from 'pg'

/** Rows that the Collector has stored in one transaction. */
export interface StoredSeal {
  readonly sealer_id: string
  readonly seal_number: string
}

const READ_PARTITIONS = `
  SELECT format('CREATE TABLE %1$I.%2$I PARTITION OF %1$I.records %3$s', $1::text, c.relname, pg_get_expr(c.relpartbound, c.oid))
    || coalesce(' WITH (' || array_to_string(c.reloptions, ', ') || ')', '') AS statement
  FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = 'audit.records'::regclass`

/** Makes `schema.records` with the columns, partitions, indexes and storage of audit.records, and without its triggers. */
export async function makeTwinTable(client: Client, schema: string): Promise<void> {
  await client.query(`
    DROP SCHEMA IF EXISTS ${schema} CASCADE;
    CREATE SCHEMA ${schema};
    CREATE TABLE ${schema}.records (LIKE audit.records INCLUDING ALL) PARTITION BY RANGE (record_id);`)
  const { rows } = await client.query<{ statement: string }>(READ_PARTITIONS, [schema])
  for (const { statement } of rows) await client.query(statement)
}

/** Answers each time with the seals that have come since the last time. */
export function followSeals(client: Client): () => Promise<StoredSeal[]> {
  const seen = new Set<string>()
  return async () => {
    const { rows } = await client.query<StoredSeal>(
      'SELECT sealer_id, seal_number FROM audit.seals WHERE leaf_count > 0 ORDER BY sealer_id, seal_number',
    )
    return rows.filter(({ sealer_id, seal_number }) => {
      const key = `${sealer_id} ${seal_number}`
      return !seen.has(key) && seen.add(key)
    })
  }
}
