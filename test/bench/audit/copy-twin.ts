import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { Client } from 'pg'
import { from as copyFrom, to as copyTo } from 'pg-copy-streams'
import type { Sent } from '../apps/audit-load.ts'
import { makeTwinTable, type StoredSeal } from './twin-table.ts'

/** A twin of audit.records that takes the same rows by COPY. */
export interface CopyTwin extends AsyncDisposable {
  /** Copies the rows of these seals, each seal's in a transaction of their own; only the copying is timed. */
  copy(seals: readonly StoredSeal[]): Promise<Sent>
}

const SCHEMA = 'bench_copy'

/** Makes the table in a schema of the same database. */
export async function openCopyTwin(postgres: string, connections: number): Promise<CopyTwin> {
  const clients = await Promise.all(
    Array.from({ length: connections }, async () => {
      const client = new Client({ connectionString: postgres })
      await client.connect()
      return client
    }),
  )
  const [first] = clients as [Client]
  await makeTwinTable(first, SCHEMA)
  return {
    async copy(seals) {
      const groups: Buffer[] = []
      for (const seal of seals) groups.push(await readRows(first, seal))
      const before = await count(first)
      const startedAt = performance.now()
      await Promise.all(
        clients.map(async (client) => {
          for (let group = groups.pop(); group; group = groups.pop()) {
            await pipeline(
              Readable.from([group]),
              client.query(copyFrom(`COPY ${SCHEMA}.records FROM STDIN (FORMAT binary)`)),
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

async function readRows(client: Client, { sealer_id, seal_number }: StoredSeal): Promise<Buffer> {
  const rows = client.query(
    copyTo(
      `COPY (SELECT * FROM audit.records WHERE sealer_id = '${sealer_id}' AND seal_number = ${seal_number} ORDER BY leaf_index) TO STDOUT (FORMAT binary)`,
    ),
  )
  return Buffer.concat(await rows.toArray())
}

async function count(client: Client): Promise<number> {
  const { rows } = await client.query<{ count: string }>(`SELECT count(*) FROM ${SCHEMA}.records`)
  return Number(rows[0]?.count)
}
