import { spawn } from 'node:child_process'
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { type AuditFields, operation } from 'telltale'
import { events, record, SYSTEM } from './audit-events.ts'
import type { Settings } from './settings.ts'
import type { Slack } from './slack.ts'
import { measureTask } from './tasks.ts'
import type { WorkerMetrics } from './worker-metrics.ts'

/** What backups and restores need. */
export interface BackupParts {
  readonly settings: Settings
  readonly metrics: WorkerMetrics
  readonly slack: Slack
}

/** Who ordered it, and for which database. */
export interface BackupOrder {
  readonly actor?: AuditFields<unknown>['actor']
  readonly requestId?: string | undefined
  readonly database: string
}

/** It comes from a request, and becomes part of a path and of a command line. */
const DATABASE_NAME = /^[a-z_][\w-]{0,62}$/i

/** Dumps a database into the folder of the backups, in the format that pg_restore reads. @returns the file's name */
export async function backUp(parts: BackupParts, order: BackupOrder): Promise<string> {
  const { settings, metrics } = parts
  const env = settings.APP_ENV
  const who = toWho(order)
  await record(events.backupStarted, { ...who, outcome: 'unknown', details: {} })
  metrics.backups.add(1, { env })
  const start = performance.now()
  try {
    const { file, size } = await operation(
      'db_backup',
      {
        component: 'app',
        attributes: { 'db.namespace': order.database },
        measure: ({ outcome, seconds, result }) => {
          measureTask(metrics, 'db_backup', outcome, seconds)
          metrics.backupDuration.record(seconds, { env })
          if (result) metrics.backupSize.record(result.size, { env })
        },
      },
      async () => dump(settings, order.database),
    )
    const seconds = ((performance.now() - start) / 1_000).toFixed(3)
    await record(events.backupSucceeded, {
      ...who,
      details: { file, size_bytes: size, duration_seconds: seconds },
    })
    return file
  } catch (error) {
    metrics.backupsFailed.add(1, { env })
    tellFailure(parts, 'Database backup failed', error, order)
    await record(events.backupFailed, {
      ...who,
      outcome: 'failure',
      details: { error: messageOf(error) },
    })
    throw error
  }
}

/** Puts a backup back into the database it was made of. */
export async function restore(
  parts: BackupParts,
  order: BackupOrder & { readonly file: string },
): Promise<void> {
  const { settings, metrics } = parts
  const env = settings.APP_ENV
  const who = toWho(order)
  // A name of a file, never a path: it comes from a request.
  const file = basename(order.file)
  await record(events.restoreStarted, { ...who, outcome: 'unknown', details: { file } })
  metrics.restores.add(1, { env })
  try {
    await operation(
      'db_restore',
      {
        component: 'app',
        attributes: { 'db.namespace': order.database },
        measure: ({ outcome, seconds }) => measureTask(metrics, 'db_restore', outcome, seconds),
      },
      async () => {
        const path = join(settings.BACKUP_DIRECTORY, file)
        const args = ['--clean', '--if-exists', '--no-owner', '--single-transaction']
        const target = `--dbname=${order.database}`
        await runOnDatabase('pg_restore', [...args, target, path], settings.DATABASE_URL)
      },
    )
    await record(events.restoreSucceeded, { ...who, details: { file } })
  } catch (error) {
    metrics.restoresFailed.add(1, { env })
    tellFailure(parts, 'Database restore failed', error, order)
    await record(events.restoreFailed, {
      ...who,
      outcome: 'failure',
      details: { file, error: messageOf(error) },
    })
    throw error
  }
}

async function dump(
  { BACKUP_DIRECTORY: folder, DATABASE_URL: url }: Settings,
  database: string,
): Promise<{ readonly file: string; readonly size: number }> {
  if (!DATABASE_NAME.test(database)) throw new Error('this is no name of a database')
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const file = `${database}-${new Date().toISOString().replaceAll(/[:.]/g, '-')}.dump`
  const path = join(folder, file)
  const part = `${path}.part`
  try {
    const args = ['--format=custom', '--no-owner', `--file=${part}`, database]
    await runOnDatabase('pg_dump', args, url)
    // Half a dump must not look like one.
    await rename(part, path)
  } finally {
    await rm(part, { force: true })
  }
  return { file, size: (await stat(path)).size }
}

/** The database is in the program's environment: on the command line everybody could read the password. */
async function runOnDatabase(program: string, args: readonly string[], url: string): Promise<void> {
  const { hostname, port, username, password } = new URL(url)
  const child = spawn(program, args, {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: {
      PATH: process.env['PATH'],
      PGHOST: hostname,
      PGPORT: port || '5432',
      PGUSER: decodeURIComponent(username),
      PGPASSWORD: decodeURIComponent(password),
    },
  })
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-2_000)
  })
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  })
  if (code !== 0) throw new Error(`${program} ended with ${code}: ${said.trim()}`)
}

/** Sets the gauge of what all backups take up. */
export async function showStorage({ settings, metrics }: BackupParts): Promise<void> {
  const { BACKUP_DIRECTORY: folder, APP_ENV: env } = settings
  const files = await readdir(folder).catch(ignoreMissing)
  const sizes = await Promise.all(
    (files ?? []).map(async (file) => (await stat(join(folder, file)).catch(ignoreMissing))?.size),
  )
  metrics.backupStorage.set(
    sizes.reduce<number>((sum, size = 0) => sum + size, 0),
    { env },
  )
}

/** There is no backup yet, or another instance has just renamed or removed this one. */
function ignoreMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error
}

/** Not awaited: what there is to do does not wait for Slack. */
function tellFailure(
  { slack }: BackupParts,
  event: string,
  error: unknown,
  { database }: BackupOrder,
): void {
  void slack.alert({ event, severity: 'critical', error: messageOf(error), context: { database } })
}

function toWho({ actor = SYSTEM, requestId, database }: BackupOrder): AuditFields<never> {
  return { actor, target: { id: database }, ...(requestId !== undefined && { requestId }) }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
