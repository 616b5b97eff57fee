import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { Client } from 'pg'
import { migrateAuditSchema } from '../../src/cli/audit/migrations.ts'
import { configurationFile } from './configuration.ts'
import { messageOf } from './errors.ts'

/** Who logs in to which database of a server on this machine. */
export interface PostgresLogin {
  readonly user: string
  readonly password: string
  readonly port: number
  readonly database: string
}

/** The login as a URL, without query. */
export function toPostgresUrl({ user, password, port, database }: PostgresLogin): string {
  return `postgres://${user}:${encodeURIComponent(password)}@127.0.0.1:${port}/${database}`
}

/** Says whether the server lets this login in right now. */
export async function canConnect(url: string): Promise<boolean> {
  try {
    return await withClient(url, async (client) => {
      await client.query('SELECT 1')
      return true
    })
  } catch {
    return false
  }
}

/** The passwords of the two users of the audit trail. */
export interface AuditPasswords {
  readonly writer: string
  readonly auditor: string
}

/**
 * Makes the audit database, runs the audit trail's migrations and sets up the two users. Can be run again.
 *
 * @param server - the superuser's URL of the database `postgres`
 * @param database - the superuser's URL of the audit database
 */
export async function prepareAuditDatabase(
  repository: string,
  server: string,
  database: string,
  passwords: AuditPasswords,
): Promise<void> {
  await withClient(server, async (client) => {
    const { rowCount } = await client.query(`SELECT FROM pg_database WHERE datname = 'telltale'`)
    if (!rowCount) await client.query('CREATE DATABASE telltale')
  })
  await withClient(database, async (client) => {
    await migrateAuditSchema(client)
    await client.query(
      `SELECT set_config('telltale.writer_password', $1, false),
              set_config('telltale.auditor_password', $2, false)`,
      [passwords.writer, passwords.auditor],
    )
    await runFile(client, configurationFile({ repository }, 'loginUsers'))
  })
}

/**
 * Makes an application's database with a user of the same name who owns it.
 *
 * @param server - the superuser's URL of any database
 * @param name - lower-case letters, digits and underscores
 * @returns the owner's URL of the new database
 * @throws when it exists already
 */
export async function createDatabase(server: string, name: string): Promise<string> {
  if (!/^[a-z][a-z0-9_]{0,50}$/.test(name)) {
    throw new Error(`a database name must match [a-z][a-z0-9_]{0,50}; got ${JSON.stringify(name)}`)
  }
  const password = newSecret()
  await withClient(server, async (client) => {
    await client.query(`CREATE ROLE ${name} LOGIN PASSWORD ${client.escapeLiteral(password)}`)
    await client.query(`CREATE DATABASE ${name} OWNER ${name}`)
  })
  const { port } = new URL(server)
  return toPostgresUrl({ user: name, password, port: Number(port), database: name })
}

/** A password or token: 192 random bits in characters that need no escaping anywhere. */
export function newSecret(): string {
  return randomBytes(24).toString('base64url')
}

async function runFile(client: Client, file: string): Promise<void> {
  try {
    await client.query(await readFile(file, 'utf8'))
  } catch (error) {
    throw new Error(`${file} failed: ${messageOf(error)}`, { cause: error })
  }
}

async function withClient<T>(url: string, use: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 5_000 })
  // A server that goes away while we are connected is reported by the query, not as an event.
  client.on('error', () => {})
  await client.connect()
  try {
    return await use(client)
  } finally {
    await client.end().catch(() => {})
  }
}
