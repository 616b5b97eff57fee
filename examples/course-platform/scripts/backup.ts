import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { openStore } from './backup-store.ts'
import { runOnDatabase } from './run-program.ts'
import { sha256Of } from './sha256.ts'

// Dumps the database into a folder or to S3, in the format that pg_restore reads:
//   OTEL_EXPORTER_PROMETHEUS_PORT=0 DATABASE_URL=… node --import telltale/register scripts/backup.ts --to s3://bucket/prefix [--keep-days 35]
const { values } = parseArgs({
  options: { to: { type: 'string' }, 'keep-days': { type: 'string', default: '35' } },
})
const DAY_MILLIS = 86_400_000
try {
  await main(values.to, Number(values['keep-days']))
} catch (error) {
  console.error(`backup failed: ${error instanceof Error ? error.message : String(error)}`)
  process.exitCode = 1
}

async function main(to: string | undefined, keepDays: number): Promise<void> {
  const databaseUrl = process.env['DATABASE_URL']
  if (to === undefined || databaseUrl === undefined || !(keepDays >= 1)) {
    throw new Error(
      'it needs DATABASE_URL, --to FOLDER or s3://BUCKET/PREFIX, and --keep-days of 1 at least',
    )
  }
  const folder = await mkdtemp(join(tmpdir(), 'course-platform-backup-'))
  try {
    const now = new Date()
    const name = `course-platform-${now.toISOString().replaceAll(/[:.]/g, '-')}.dump`
    const file = join(folder, name)
    await runOnDatabase('pg_dump', ['--format=custom', '--no-owner', `--file=${file}`], databaseUrl)
    await openStore(to, process.env).put(name, file, {
      createdAt: now.toISOString(),
      deleteAfter: new Date(now.getTime() + keepDays * DAY_MILLIS).toISOString(),
      sha256: await sha256Of(file),
    })
    console.log(name)
  } finally {
    await rm(folder, { recursive: true })
  }
}
