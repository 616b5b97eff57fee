import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline/promises'
import { parseArgs } from 'node:util'
import { Client } from 'pg'
import { openStore } from './backup-store.ts'
import { runOnDatabase } from './run-program.ts'
import { sha256Of } from './sha256.ts'

// Puts a backup back into the database; what is there is overwritten, and before that it asks:
//   OTEL_EXPORTER_PROMETHEUS_PORT=0 DATABASE_URL=… node --import telltale/register scripts/restore.ts --from s3://bucket/prefix --name NAME [--yes]
const { values } = parseArgs({
  options: {
    from: { type: 'string' },
    name: { type: 'string' },
    yes: { type: 'boolean', default: false },
  },
})
try {
  process.exitCode = await main(values.from, values.name, values.yes)
} catch (error) {
  console.error(`restore failed: ${error instanceof Error ? error.message : String(error)}`)
  process.exitCode = 1
}

async function main(
  from: string | undefined,
  name: string | undefined,
  isSure: boolean,
): Promise<number> {
  const databaseUrl = process.env['DATABASE_URL']
  if (from === undefined || name === undefined || databaseUrl === undefined) {
    throw new Error('it needs DATABASE_URL, --from FOLDER or s3://BUCKET/PREFIX, and --name NAME')
  }
  if (!isSure && !(await mayOverwrite(databaseUrl))) {
    console.error('nothing was changed')
    return 1
  }
  const folder = await mkdtemp(join(tmpdir(), 'course-platform-restore-'))
  try {
    const file = join(folder, 'backup.dump')
    const { sha256, createdAt } = await openStore(from, process.env).get(name, file)
    const found = await sha256Of(file)
    if (found !== sha256) throw new Error(`${name} is not what was backed up: SHA-256 ${found}`)
    const database = decodeURIComponent(new URL(databaseUrl).pathname.slice(1))
    await runOnDatabase(
      'pg_restore',
      [
        '--clean',
        '--if-exists',
        '--no-owner',
        '--single-transaction',
        `--dbname=${database}`,
        file,
      ],
      databaseUrl,
    )
    console.log(`restored ${name}, made at ${createdAt}`)
    return 0
  } finally {
    await rm(folder, { recursive: true })
  }
}

/** Asks whoever sits there; an empty database is nobody's loss. */
async function mayOverwrite(databaseUrl: string): Promise<boolean> {
  const client = new Client({ connectionString: databaseUrl, connectionTimeoutMillis: 5_000 })
  await client.connect()
  const { rows } = await client
    .query<{ tables: number }>(
      `SELECT count(*)::int AS tables FROM pg_tables
       WHERE schemaname NOT IN ('pg_catalog', 'information_schema')`,
    )
    .finally(async () => client.end())
  const tables = rows[0]?.tables ?? 0
  if (tables === 0) return true
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  const asked = new AbortController()
  // Without a terminal nobody answers, and the end of the input is no yes.
  terminal.once('close', () => asked.abort())
  try {
    const question = `The database has ${tables} tables. Overwrite them? Type "overwrite": `
    return (await terminal.question(question, { signal: asked.signal })) === 'overwrite'
  } catch {
    return false
  } finally {
    terminal.close()
  }
}
