import { Client } from 'pg'

/** Runs one statement, or several without values, on a connection of its own. */
export async function query<Row = Record<string, unknown>>(
  url: string,
  sql: string,
  values?: unknown[],
): Promise<readonly Row[]> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    const result = await client.query<Record<string, unknown>>(sql, values)
    return result.rows as readonly Row[]
  } finally {
    await client.end()
  }
}

/** The URL of another database of the same server. */
export function otherDatabase(url: string, name: string): string {
  const other = new URL(url)
  other.pathname = `/${name}`
  return other.href
}
