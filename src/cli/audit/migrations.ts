import { readdir, readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { CliError } from '../command.ts'

/** One numbered file of the audit schema. */
export interface Migration {
  readonly version: number
  readonly name: string
  readonly sql: string
}

/** The part of a database driver that migrating needs; several statements in one query without values. */
export interface MigrationClient {
  query(sql: string, values?: unknown[]): Promise<{ readonly rows: readonly unknown[] }>
}

/** What a run did. */
export interface MigrationReport {
  /** Newest version before; 0 when there was no schema. */
  readonly before: number
  readonly after: number
  readonly applied: readonly Pick<Migration, 'version' | 'name'>[]
  /** Monthly partitions that were made. */
  readonly partitionsCreated: readonly string[]
  /** Those that cannot be made, because `records_default` holds rows of their month already. */
  readonly partitionsBlocked: readonly string[]
}

/** How a run ends, and what it sets besides. */
export interface MigrationOptions {
  /** Does everything and takes it back: rights and faults show, nothing changes. */
  readonly dryRun?: boolean
  /** How long a statement waits for a lock, as PostgreSQL reads it. Default `15s`. */
  readonly lockTimeout?: string
  /** How old records must be before their month may go; as it is when not given. */
  readonly retentionFloorDays?: number | undefined
}

const FOLDER = fileURLToPath(
  new URL('../../../otel-collector/postgresauditexporter/sql/', import.meta.url),
)

/** "telltale" in ASCII: the lock that the files and the Collector's exporter take as well. */
const SCHEMA_LOCK = '8387229094112226405'

/** The oldest PostgreSQL that the files run on. */
const MIN_SERVER_VERSION = 150_000

/** The migrations that come along, in the order of their numbers. */
export async function readMigrations(): Promise<readonly Migration[]> {
  const files = (await readdir(FOLDER)).filter((file) => file.endsWith('.sql')).toSorted()
  return Promise.all(
    files.map(async (file) => {
      const [, digits, name] = /^(\d{4})_(\w+)\.sql$/.exec(file) ?? []
      if (!digits || !name) throw new Error(`${file} is no name of a migration`)
      return { version: Number(digits), name, sql: await readFile(`${FOLDER}/${file}`, 'utf8') }
    }),
  )
}

/**
 * Brings the audit schema to the newest version, in one transaction, and makes the partitions of the months to come.
 *
 * Runs at the same time wait for each other; a run on a schema that is up to date changes nothing but partitions.
 *
 * @throws {CliError} when the server is too old, the schema newer than this, or a file fails
 */
export async function migrateAuditSchema(
  client: MigrationClient,
  options: MigrationOptions = {},
): Promise<MigrationReport> {
  const migrations = await readMigrations()
  await client.query('BEGIN')
  try {
    await client.query(`SELECT pg_advisory_xact_lock(${SCHEMA_LOCK})`)
    // A lock that is waited for holds up everybody behind it, the Collector first.
    await client.query(`SELECT set_config('lock_timeout', $1, true)`, [
      options.lockTimeout ?? '15s',
    ])
    await requireServer(client)
    const present = await appliedVersions(client)
    refuseNewer(present, migrations)
    const pending = migrations.filter(({ version }) => !present.has(version))
    for (const migration of pending) await apply(client, migration)
    const partitions = await ensurePartitions(client)
    await setRetentionFloor(client, options.retentionFloorDays)
    await client.query(options.dryRun ? 'ROLLBACK' : 'COMMIT')
    return {
      before: Math.max(0, ...present),
      after: Math.max(0, ...present, ...pending.map(({ version }) => version)),
      applied: pending.map(({ version, name }) => ({ version, name })),
      ...partitions,
    }
  } catch (error) {
    // When the connection is gone the server has rolled back already.
    await client.query('ROLLBACK').catch(() => {})
    throw error
  }
}

async function requireServer(client: MigrationClient): Promise<void> {
  const [row] = await rowsOf<{ number: number; version: string }>(
    client,
    `SELECT current_setting('server_version_num')::int AS number, current_setting('server_version') AS version`,
  )
  if (row!.number >= MIN_SERVER_VERSION) return
  throw new CliError(`PostgreSQL must be at least version 15; this server is ${row!.version}`)
}

async function appliedVersions(client: MigrationClient): Promise<ReadonlySet<number>> {
  const [table] = await rowsOf<{ exists: boolean }>(
    client,
    `SELECT to_regclass('audit.schema_migrations') IS NOT NULL AS exists`,
  )
  if (!table!.exists) return new Set()
  const rows = await rowsOf<{ version: number }>(
    client,
    'SELECT version FROM audit.schema_migrations',
  )
  return new Set(rows.map(({ version }) => version))
}

function refuseNewer(present: ReadonlySet<number>, known: readonly Migration[]): void {
  const versions = new Set(known.map(({ version }) => version))
  const unknown = [...present].filter((version) => !versions.has(version))
  if (unknown.length === 0) return
  throw new CliError(
    `the schema of this database is newer than this telltale: it has migration ${unknown.join(', ')}, and ${Math.max(...versions)} is the newest known here. Install a newer telltale`,
  )
}

async function apply(client: MigrationClient, { version, name, sql }: Migration): Promise<void> {
  try {
    await client.query(sql)
  } catch (error) {
    const { code, message } = error as Error & { code?: string }
    throw new CliError(
      `migration ${version} (${name}) failed and nothing was changed: ${message}${HINTS[code ?? ''] ?? ''}`,
      { cause: error },
    )
  }
}

const HINTS: Readonly<Record<string, string>> = {
  '42501':
    '. Migrating needs a superuser: it creates roles, the schema audit and event triggers. An administrator can run what "telltale audit migrate --print" writes',
  '55P03': '. A lock was not to be had in time: somebody is using the tables; try again',
}

async function ensurePartitions(
  client: MigrationClient,
): Promise<Pick<MigrationReport, 'partitionsCreated' | 'partitionsBlocked'>> {
  const rows = await rowsOf<{ partition_name: string; state: string }>(
    client,
    'SELECT partition_name, state FROM audit.ensure_partitions()',
  )
  const inState = (wanted: string): string[] =>
    rows.filter(({ state }) => state === wanted).map(({ partition_name }) => partition_name)
  return { partitionsCreated: inState('created'), partitionsBlocked: inState('blocked') }
}

/** Each change is a row of its own, so that it can be seen later who allowed what. */
async function setRetentionFloor(client: MigrationClient, days: number | undefined): Promise<void> {
  if (days === undefined) return
  await client.query(
    `INSERT INTO audit.retention_floors (floor_days)
     SELECT $1::int WHERE $1::int IS DISTINCT FROM (SELECT floor_days FROM audit.retention_floors ORDER BY set_at DESC LIMIT 1)`,
    [days],
  )
}

async function rowsOf<Row>(client: MigrationClient, sql: string): Promise<readonly Row[]> {
  return (await client.query(sql)).rows as readonly Row[]
}
