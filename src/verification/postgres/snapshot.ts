import type { Client, ClientConfig } from 'pg'
import { CopyQuery } from './copy-query.ts'
import { CopyRows, type CopyRow } from './copy-rows.ts'

/** A connection inside a read-only transaction. */
export class Snapshot implements AsyncDisposable {
  readonly #client: Client

  private constructor(client: Client) {
    this.#client = client
  }

  /**
   * Opens a transaction that sees the database as it is now, or as another transaction sees it.
   *
   * @param id - of the other transaction's snapshot
   */
  static async open(config: ClientConfig, id?: string): Promise<Snapshot> {
    const { Client } = await import('pg')
    const client = new Client(config)
    // A server that goes away is reported by the query that is running.
    client.on('error', () => {})
    await client.connect()
    try {
      await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY')
      if (id !== undefined) {
        if (!/^[0-9A-Fa-f-]+$/.test(id)) throw new TypeError(`"${id}" must be a snapshot's id`)
        await client.query(`SET TRANSACTION SNAPSHOT '${id}'`)
      }
      // Nor may a function or an operator of somebody else's answer in the place of PostgreSQL's.
      await client.query('SET LOCAL search_path = pg_catalog, pg_temp')
      // Whatever role and database are set to, a verification must neither be cut short nor see rows filtered away.
      await client.query('SET LOCAL statement_timeout = 0')
      await client.query('SET LOCAL idle_in_transaction_session_timeout = 0')
      await client.query('SET LOCAL row_security = off')
      return new Snapshot(client)
    } catch (error) {
      await client.end().catch(() => {})
      throw error
    }
  }

  /** For others to see the same. */
  async share(): Promise<string> {
    const [row] = await this.rows<{ id: string }>('SELECT pg_export_snapshot() AS id')
    return row!.id
  }

  async rows<Row>(text: string, values: readonly unknown[] = []): Promise<readonly Row[]> {
    const { rows } = await this.#client.query(text, [...values])
    return rows as Row[]
  }

  /** Reads a query's rows in COPY's binary format, as fast as they come. */
  async copy(query: string, onRow: (row: CopyRow) => void): Promise<void> {
    const rows = new CopyRows(onRow)
    await this.#client.query(new CopyQuery(`COPY (${query}) TO STDOUT (FORMAT binary)`, rows)).done
    rows.end()
  }

  /** The same, in pieces: what has come waits while the reader works. */
  async *copyInto<Row>(query: string, toRow: (row: CopyRow) => Row): AsyncGenerator<Row> {
    const { to } = await import('pg-copy-streams')
    const stream = this.#client.query(to(`COPY (${query}) TO STDOUT (FORMAT binary)`))
    let ready: Row[] = []
    const rows = new CopyRows((row) => ready.push(toRow(row)))
    for await (const chunk of stream) {
      rows.write(chunk as Buffer)
      yield* ready
      ready = []
    }
    rows.end()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client.end().catch(() => {})
  }
}
