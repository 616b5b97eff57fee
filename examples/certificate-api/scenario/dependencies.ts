import { Client as PostgresClient } from 'pg'
import { assert } from '../../support/assert.ts'
import { untilScraped } from '../../support/prometheus.ts'
import type { Service } from '../../support/services.ts'
import type { Stage } from '../../support/stage.ts'
import type { Client } from './client.ts'
import { askHealth, untilHealth } from './probes.ts'

/** Connections of the service's pool in the scenario: few, so that they are soon used up. */
export const POOL_MAX = 5

/** The CA hangs: it takes connections and does not answer. */
export async function proveHangingCa({ prove }: Stage, api: Service, ca: Service): Promise<void> {
  await prove('GET /health answers within 100 ms while a dependency hangs', async () => {
    ca.signal('SIGSTOP')
    try {
      const { checks } = await untilHealth(api, 503)
      assert(checks['certificate_authority']?.status === 'unhealthy', 'the CA is not seen to hang')
      const slowest = await slowestOfQuickestRound(api)
      assert(slowest < 100, `it took ${slowest.toFixed(0)} ms`)
    } finally {
      ca.signal('SIGCONT')
    }
    await untilHealth(api, 200)
  })
}

/**
 * An answer that waits for what hangs is late every time; one that does not is late now and then, on a busy machine.
 *
 * @returns the slowest of ten answers in a row, of the best of five rounds
 */
async function slowestOfQuickestRound(api: Service): Promise<number> {
  let quickest = Infinity
  for (let round = 0; round < 5 && quickest >= 100; round += 1) {
    const millis: number[] = []
    for (let index = 0; index < 10; index += 1) millis.push((await askHealth(api)).millis)
    quickest = Math.min(quickest, Math.max(...millis))
  }
  return quickest
}

/** Every connection waits for a lock, until both health and Prometheus have seen it. */
export async function proveExhaustedPool(
  { prove, stack }: Stage,
  api: Service,
  client: Client,
  { databaseUrl, id }: { readonly databaseUrl: string; readonly id: string },
): Promise<void> {
  await prove('the check and the alert see a pool without a free connection', async () => {
    const locker = new PostgresClient({ connectionString: databaseUrl })
    await locker.connect()
    const seen = new AbortController()
    await locker.query('BEGIN; LOCK TABLE certificates IN ACCESS EXCLUSIVE MODE')
    const waiting = Promise.all(
      Array.from({ length: POOL_MAX }, async () => {
        // PostgreSQL gives up after a while.
        while (!seen.signal.aborted) await client.get(`/certificates/${id}`)
      }),
    )
    try {
      const { checks } = await untilHealth(api, 503)
      assert(checks['database']?.status === 'unhealthy', 'the database is not seen to be busy')
      const [active, max] = ['active', 'max'].map(
        (word) => `certificate_api_database_connections_${word}{job="certificate-api"}`,
      )
      await untilScraped(stack.addresses, `${active} / ${max} > 0.9`)
    } finally {
      seen.abort()
      await locker.end()
      await waiting
    }
    await untilHealth(api, 200)
  })
}
