import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { Client } from 'pg'
import { from as copyFrom, to as copyTo } from 'pg-copy-streams'

/** A table with the columns, partitions, indexes and storage of audit.records, which takes the same rows by COPY. */
export interface CopyTwin extends AsyncDisposable {
  /** Leaves out what was stored so far. */
  skipStoredRows(): Promise<void>
  /** Copies what was stored since then, each seal's rows in a transaction of their own; only the copying is timed. */
  copyNewRows(): Promise<{ records: number; millis: number }>
}

interface SealKey {
  readonly sealer_id: string
  readonly seal_number: string
}

const MAKE_TABLE = `
  DROP SCHEMA IF EXISTS bench CASCADE;
  CREATE SCHEMA bench;
  CREATE TABLE bench.records (LIKE audit.records INCLUDING ALL) PARTITION BY RANGE (record_id);`

const READ_PARTITIONS = `
  SELECT format('CREATE TABLE bench.%I PARTITION OF bench.records %s', c.relname, pg_get_expr(c.relpartbound, c.oid))
    || coalesce(' WITH (' || array_to_string(c.reloptions, ', ') || ')', '') AS statement
  FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = 'audit.records'::regclass`

/** Makes the table in the schema bench of the same database. */
export async function openTwin(postgres: string, connections: number): Promise<CopyTwin> {
  const clients = await Promise.all(
    Array.from({ length: connections }, async () => {
      const client = new Client({ connectionString: postgres })
      await client.connect()
      return client
    }),
  )
  const [first] = clients as [Client]
  await first.query(MAKE_TABLE)
  const { rows } = await first.query<{ statement: string }>(READ_PARTITIONS)
  for (const { statement } of rows) await first.query(statement)
  const seen = new Set<string>()
  const newSeals = async (): Promise<SealKey[]> => {
    const seals = await first.query<SealKey>(
      'SELECT sealer_id, seal_number FROM audit.seals WHERE leaf_count > 0 ORDER BY sealer_id, seal_number',
    )
    return seals.rows.filter(({ sealer_id, seal_number }) => {
      const key = `${sealer_id} ${seal_number}`
      return !seen.has(key) && seen.add(key)
    })
  }
  return {
    skipStoredRows: async () => void (await newSeals()),
    async copyNewRows() {
      const seals = await newSeals()
      const groups: Buffer[] = []
      for (const seal of seals) groups.push(await readRows(first, seal))
      const before = await count(first)
      const startedAt = performance.now()
      await Promise.all(
        clients.map(async (client) => {
          for (let group = groups.pop(); group; group = groups.pop()) {
            await pipeline(
              Readable.from([group]),
              client.query(copyFrom('COPY bench.records FROM STDIN (FORMAT binary)')),
            )
          }
        }),
      )
      const millis = performance.now() - startedAt
      return { records: (await count(first)) - before, millis }
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(clients.map((client) => client.end()))
    },
  }
}

async function readRows(client: Client, { sealer_id, seal_number }: SealKey): Promise<Buffer> {
  const rows = client.query(
    copyTo(
      `COPY (SELECT * FROM audit.records WHERE sealer_id = '${sealer_id}' AND seal_number = ${seal_number} ORDER BY leaf_index) TO STDOUT (FORMAT binary)`,
    ),
  )
  return Buffer.concat(await rows.toArray())
}

async function count(client: Client): Promise<number> {
  const { rows } = await client.query<{ count: string }>('SELECT count(*) FROM bench.records')
  return Number(rows[0]?.count)
}
