import { Redis } from 'ioredis'
import { assert } from '../../support/assert.ts'
import { type AuditRow, readAuditRows } from '../../support/audit-rows.ts'
import { eventually } from '../../support/eventually.ts'
import { scrape, sumOf } from '../../support/exposition.ts'
import type { Service } from '../../support/services.ts'
import type { Stage } from '../../support/stage.ts'
import { createQueue } from '../src/queue.ts'
import { PATIENCE } from './look.ts'
import type { As } from './team.ts'

/** The audit trail and the histograms tell of the same backups. */
export async function proveBackupFigures({ stack, prove }: Stage, worker: Service): Promise<void> {
  await prove('sizes and durations of backups are those of their records', async () => {
    const samples = await scrape(worker.metricsUrl)
    const rows = await eventually(
      'a record of each backup',
      async () => readAuditRows(stack.addresses.postgresAuditor, 'service_name', worker.name),
      (found) =>
        of(found, 'db_backup_succeeded').length === sumOf(samples, 'db_backup_size_bytes_count') &&
        of(found, 'db_backup_failed').length === sumOf(samples, 'db_backup_failed_total'),
      PATIENCE,
    )
    const made = of(rows, 'db_backup_succeeded')
    const sum = (key: string): number =>
      made.reduce((total, { details }) => total + Number(details[key]), 0)
    const bytes = sumOf(samples, 'db_backup_size_bytes_sum')
    assert(bytes === sum('size_bytes'), `they have ${bytes} of ${sum('size_bytes')} bytes`)
    const seconds = sumOf(samples, 'db_backup_duration_seconds_sum')
    // Of backups that failed nothing but the moment is recorded; times are rounded.
    const most = sum('duration_seconds') + timeOfFailures(rows) + 0.01 * rows.length
    assert(seconds > 0 && seconds <= most, `they took ${seconds} of ${most} s`)
  })
}

function of(rows: readonly AuditRow[], event: string): readonly AuditRow[] {
  return rows.filter(({ event_name }) => event_name === event)
}

/** From the start of each backup that failed to its end, in seconds. */
function timeOfFailures(rows: readonly AuditRow[]): number {
  return of(rows, 'db_backup_failed')
    .map(({ occurred_at, request_id }) => {
      const start = of(rows, 'db_backup_started').find((row) => row.request_id === request_id)
      return (occurred_at.getTime() - (start?.occurred_at.getTime() ?? 0)) / 1_000
    })
    .reduce((total, each) => total + each, 0)
}

/** Nobody works for a moment, and something waits. */
export async function proveQueueLength(
  { stack, prove }: Stage,
  worker: Service,
  as: As,
): Promise<void> {
  const redis = new Redis(stack.addresses.redis)
  const queue = createQueue(redis, () => {})
  const untilLength = async (wanted: number): Promise<void> => {
    await eventually(
      `${wanted} tasks that wait`,
      async () => sumOf(await scrape(worker.metricsUrl), 'celery_queue_length'),
      (length) => length === wanted,
      PATIENCE,
    )
  }
  try {
    await prove('the length of the queue is what waits in it', async () => {
      await queue.pause()
      try {
        for (let times = 0; times < 2; times += 1) await as('admin', '/admin/backups')
        await untilLength(2)
      } finally {
        await queue.resume()
      }
      await untilLength(0)
      await eventually(
        'nobody at work',
        async () => queue.getActiveCount(),
        (count) => count === 0,
        PATIENCE,
      )
    })
  } finally {
    await queue.close()
    redis.disconnect()
  }
}

/** How many series each counter of the worker has that alerts and panels ask for; see its catalogue. */
const COUNTERS = {
  db_backup_total: 1,
  db_backup_failed_total: 1,
  db_restore_failed_total: 1,
  jwt_key_rotation_total: 3,
  jwt_key_rotation_errors_total: 1,
  celery_task_total: 6,
} as const

/** An alert on the first failure needs a counter that was there before. @param fresh - a worker that has just been started */
export async function proveZeros(prove: Stage['prove'], fresh: Service): Promise<void> {
  await prove('counters whose values are declared are there at 0 from the start', async () => {
    const samples = await scrape(fresh.metricsUrl)
    for (const [name, expected] of Object.entries(COUNTERS)) {
      const { length } = samples.filter((sample) => sample.name === name)
      assert(length === expected, `${name} has ${length} series, not ${expected}`)
    }
    const failed = sumOf(samples, 'db_backup_failed_total')
    assert(failed === 0, `${failed} backups of a fresh worker have failed`)
  })
}

/** What the gauges of the panel say of the key that signs. */
export async function proveKeyFigures({ prove }: Stage, worker: Service): Promise<void> {
  await prove('age of the active key and time of the next rotation are in seconds', async () => {
    const samples = await scrape(worker.metricsUrl)
    const age = sumOf(samples, 'jwt_active_key_age_seconds')
    const next = sumOf(samples, 'jwt_next_rotation_timestamp_seconds')
    const now = Date.now() / 1_000
    // Both are of the last look, and a busy machine is slow.
    assert(age > 0 && age < 60, `the key is ${age} s old`)
    assert(Math.abs(next - now) < 60, `the next rotation is ${next - now} s from now`)
  })
}
