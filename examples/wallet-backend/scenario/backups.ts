import { Client } from 'pg'
import { assert } from '../../support/assert.ts'
import { readAuditRows } from '../../support/audit-rows.ts'
import { eventually } from '../../support/eventually.ts'
import { untilScraped } from '../../support/prometheus.ts'
import type { Stage } from '../../support/stage.ts'
import { PATIENCE, recordOf } from './look.ts'
import type { As } from './team.ts'

/** A backup that was ordered and made. */
export interface Backup {
  readonly requestId: string
  readonly traceId: string
  readonly file: string
}

/** Has a backup made, and waits for its record. */
export async function backUp({ stack }: Stage, as: As): Promise<Backup> {
  const { status, requestId } = await as('admin', '/admin/backups')
  assert(status === 202, `the order of a backup was answered ${status}`)
  const rows = await eventually(
    'the record of the backup',
    async () => readAuditRows(stack.addresses.postgresAuditor, 'request_id', requestId),
    (found) => found.some(({ event_name }) => event_name === 'db_backup_succeeded'),
    PATIENCE,
  )
  const { trace_id, details } = rows.find(({ event_name }) => event_name === 'db_backup_succeeded')!
  return { requestId, traceId: trace_id ?? '', file: String(details['file']) }
}

/** What is changed after a backup is gone after its restore. */
export async function proveRestore(
  { prove }: Stage,
  as: As,
  { file }: Backup,
  databaseUrl: string,
): Promise<void> {
  await prove('what was backed up is there again after a restore', async () => {
    const before = await balances(databaseUrl)
    await query(databaseUrl, `UPDATE wallets SET balance = 0`)
    assert((await balances(databaseUrl)) !== before, 'nothing was changed')
    const restored = await as('admin', '/admin/restores', { file })
    assert(restored.status === 202, `the order of a restore was answered ${restored.status}`)
    await eventually(
      'the balances from before',
      async () => balances(databaseUrl),
      (now) => now === before,
      PATIENCE,
    )
  })
}

/** Backups and restores that have to fail; people are told of each. */
export async function failBackups(stage: Stage, as: As, worker: string): Promise<void> {
  // What begins at 0 has to be seen at 0, or nobody sees it grow.
  await untilScraped(
    stage.stack.addresses,
    'db_backup_failed_total and db_restore_failed_total and db_backup_size_bytes_count > 0',
  )
  await backUp(stage, as)
  await as('admin', '/admin/backups', { database: 'nowhere' })
  await recordOf(stage, worker, 'db_backup_failed')
  // Neither a path nor an option of pg_dump.
  for (const database of ['../../tmp/x', '--file=x']) {
    const { requestId } = await as('admin', '/admin/backups', { database })
    await eventually(
      `the refusal of ${database}`,
      async () => readAuditRows(stage.stack.addresses.postgresAuditor, 'request_id', requestId),
      (rows) =>
        rows.some(
          ({ event_name, details }) =>
            event_name === 'db_backup_failed' &&
            details['error'] === 'this is no name of a database',
        ),
      PATIENCE,
    )
  }
  await as('admin', '/admin/restores', { file: 'nothing.dump' })
  await recordOf(stage, worker, 'db_restore_failed')
}

async function balances(databaseUrl: string): Promise<string> {
  return JSON.stringify(await query(databaseUrl, 'SELECT owner, balance FROM wallets ORDER BY 1'))
}

async function query(databaseUrl: string, text: string): Promise<readonly unknown[]> {
  const client = new Client({ connectionString: databaseUrl, connectionTimeoutMillis: 5_000 })
  await client.connect()
  try {
    return (await client.query(text)).rows
  } finally {
    await client.end()
  }
}
