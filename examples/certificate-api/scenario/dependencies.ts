import { Client as PostgresClient } from 'pg'
import { assert } from '../../support/assert.ts'
import { eventually } from '../../support/eventually.ts'
import { scrape, sumOf } from '../../support/exposition.ts'
import { untilScraped } from '../../support/prometheus.ts'
import type { Service } from '../../support/services.ts'
import type { Stage } from '../../support/stage.ts'
import type { Client } from './client.ts'
import { askHealth, untilHealth, untilReady } from './probes.ts'

/** Connections of the service's pool in the scenario: few, so that they are soon used up. */
export const POOL_MAX = 5

/** The CA hangs: it takes connections and does not answer. */
export async function proveHangingCa(stage: Stage, api: Service, ca: Service): Promise<void> {
  await stage.prove('GET /health answers within 100 ms while a dependency hangs', async () => {
    ca.signal('SIGSTOP')
    try {
      const { checks } = await untilHealth(stage, api, 503)
      assert(checks['certificate_authority']?.status === 'unhealthy', 'the CA is not seen to hang')
      const slowest = await slowestOfQuickestRound(api)
      assert(slowest < 100, `it took ${slowest.toFixed(0)} ms`)
    } finally {
      ca.signal('SIGCONT')
    }
    await untilHealth(stage, api, 200)
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
  stage: Stage,
  api: Service,
  client: Client,
  { databaseUrl, id }: { readonly databaseUrl: string; readonly id: string },
): Promise<void> {
  const { prove, stack } = stage
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
      const { checks } = await untilHealth(stage, api, 503)
      assert(checks['database']?.status === 'unhealthy', 'the database is not seen to be busy')
      await prove('GET /ready answers 503 while the database cannot be used', async () =>
        untilReady(api, 503),
      )
      const [active, max] = ['active', 'max'].map(
        (word) => `certificate_api_database_connections_${word}{job="certificate-api"}`,
      )
      await untilScraped(stack.addresses, `${active} / ${max} > 0.9`)
    } finally {
      seen.abort()
      await locker.end()
      await waiting
    }
    await untilHealth(stage, api, 200)
  })
  // Connections that wait for the next query are there, and not in use.
  await prove('the gauges of the pool say what is in use, and how much there is', async () => {
    await eventually(
      `0 of ${POOL_MAX} connections in use`,
      async () => {
        const samples = await scrape(api.metricsUrl)
        const name = 'certificate_api_database_connections'
        return { active: sumOf(samples, `${name}_active`), max: sumOf(samples, `${name}_max`) }
      },
      ({ active, max }) => active === 0 && max === POOL_MAX,
      { withinMillis: 60_000 },
    )
  })
}
