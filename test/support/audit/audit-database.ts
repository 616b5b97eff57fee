import { Client } from 'pg'
import { migrateAuditSchema } from '../../../src/cli/audit/migrations.ts'
import type { PartialAddresses } from '../../../deploy/stack/stack.ts'

let made = 0

/** Makes a database with an audit schema of its own on a running server; answers with the superuser's URL. */
export async function createAuditDatabase({ postgres }: PartialAddresses): Promise<string> {
  made += 1
  const name = `verification_${process.pid}_${made}`
  const server = postgres!
  await withClient(server, (client) => client.query(`CREATE DATABASE ${name}`))
  const url = new URL(server)
  url.pathname = `/${name}`
  await withClient(url.href, (client) => migrateAuditSchema(client))
  return url.href
}

/** Opens a connection, lends it, and closes it again. */
export async function withClient<T>(url: string, use: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client(url)
  await client.connect()
  try {
    return await use(client)
  } finally {
    await client.end()
  }
}

/** Runs statements as somebody who has switched every guard off, as a superuser can. */
export async function tamper(url: string, ...statements: readonly string[]): Promise<void> {
  await withClient(url, async (client) => {
    // The guards themselves are event triggers and triggers that fire always: they have to be disabled one by one.
    const { rows } = await client.query<{ name: string }>(
      `SELECT format('ALTER EVENT TRIGGER %I DISABLE', evtname) AS name FROM pg_event_trigger`,
    )
    for (const { name } of rows) await client.query(name)
    for (const table of ['records', 'annexes', 'quarantine', 'conflicts', 'seals', 'sealers']) {
      await client.query(`ALTER TABLE audit.${table} DISABLE TRIGGER ALL`)
    }
    for (const statement of statements) await client.query(statement)
  })
}
