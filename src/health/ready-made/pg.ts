import { untilAborted } from '../../core/until-aborted.ts'
import type { CheckFunction } from '../health-check.ts'
import { createAttempt } from './attempt.ts'

/** What is needed of a `Pool` of pg. */
export interface PgPool {
  readonly totalCount: number
  readonly idleCount: number
  readonly waitingCount: number
  connect(): Promise<PgClient>
}

/** What is needed of one of its connections. */
export interface PgClient {
  query(text: string): Promise<unknown>
  release(destroy?: boolean): void
}

/**
 * Whether a connection of the pool can be had in time, and PostgreSQL answers on it.
 *
 * A connection that does not answer is taken out of the pool, so that the next run is given another one.
 */
export function checkPg(pool: PgPool): CheckFunction {
  // A run that gives up leaves its request to the pool; the connection, when it comes, goes back or to the next run.
  let isWanted = false
  const connect = createAttempt(async () => {
    const client = await pool.connect()
    if (!isWanted) client.release()
    return client
  })
  return async ({ signal }) => {
    isWanted = true
    const connecting = connect(signal, () => `no free connection: ${describe(pool)}`)
    const client = await connecting.finally(() => (isWanted = false))
    let isAnswered = false
    try {
      await untilAborted(client.query('SELECT 1'), signal, () => 'no answer to SELECT 1')
      isAnswered = true
    } finally {
      client.release(!isAnswered)
    }
    return { status: 'healthy', ...figures(pool) }
  }
}

function figures(pool: PgPool): { connections: number; idle: number; waiting: number } {
  return { connections: pool.totalCount, idle: pool.idleCount, waiting: pool.waitingCount }
}

function describe(pool: PgPool): string {
  const { connections, idle, waiting } = figures(pool)
  return `${connections} connections, ${idle} idle, ${waiting} requests wait`
}
