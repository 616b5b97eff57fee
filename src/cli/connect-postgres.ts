import type { Client, ClientConfig } from 'pg'
import { toReason } from '../core/errors.ts'
import { CliError, type CommandContext } from './command.ts'

/** Long enough for a slow network; a command that hangs says nothing. */
const CONNECT_MILLIS = 10_000

const PLACE_VARIABLES = ['PGHOST', 'PGPORT', 'PGDATABASE', 'PGUSER']

/**
 * How to connect to the database that the option and the environment name, for one connection or several.
 *
 * @throws {CliError} when neither names one: the driver would try a server on this machine that nobody meant
 */
export function postgresConfig(url: string | undefined, env: CommandContext['env']): ClientConfig {
  if (url === undefined && !PLACE_VARIABLES.some((name) => env[name])) {
    throw new CliError(
      '"--postgres" is missing: it must be given, or TELLTALE_AUDIT_POSTGRES, or PGHOST and the other variables of libpq in the environment',
    )
  }
  return {
    ...(url !== undefined && { connectionString: url }),
    connectionTimeoutMillis: CONNECT_MILLIS,
    keepAlive: true,
    application_name: 'telltale',
  }
}

/**
 * Opens a connection, lends it, and closes it again.
 *
 * @throws {CliError} when there is no connection, naming the place without the password
 */
export async function withPostgres<T>(
  url: string | undefined,
  env: CommandContext['env'],
  use: (client: Client) => Promise<T>,
): Promise<T> {
  const config = postgresConfig(url, env)
  const { Client } = await import('pg')
  const client = new Client(config)
  // A server that goes away while we are connected is reported by the query, not as an event.
  client.on('error', () => {})
  try {
    await client.connect()
  } catch (error) {
    const { user, host, port, database } = client
    throw new CliError(`no connection to ${user}@${host}:${port}/${database}: ${toReason(error)}`, {
      cause: error,
    })
  }
  try {
    return await use(client)
  } finally {
    // What was asked for has been done or has failed by now; the goodbye changes neither.
    await client.end().catch(() => {})
  }
}
