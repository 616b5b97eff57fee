import { Client } from 'pg'
import { assert } from '../../support/assert.ts'
import { eventually } from '../../support/eventually.ts'
import { scrape, sumOf } from '../../support/exposition.ts'
import type { Service } from '../../support/services.ts'
import type { Stage } from '../../support/stage.ts'
import { expectStatus, post, untilHealth } from './client.ts'

/** As many as the service's pool has. */
const CONNECTIONS = 10

/**
 * Every connection waits for a lock that somebody holds, until the gauge and the check have seen it.
 *
 * @param claimant.token - of somebody whose reward was paid: they are told so once the lock is gone
 */
export async function exhaustPool(
  stage: Stage,
  api: Service,
  claimant: { readonly databaseUrl: string; readonly token: string },
): Promise<void> {
  const untilInUse = async (wanted: number): Promise<unknown> =>
    eventually(
      `${wanted} connections in use`,
      async () => sumOf(await scrape(api.metricsUrl), 'db_active_connections'),
      (active) => active === wanted,
      { withinMillis: 60_000 },
    )
  await stage.prove('the gauge and the check see a pool without a free connection', async () => {
    const locker = new Client({ connectionString: claimant.databaseUrl })
    await locker.connect()
    await locker.query('BEGIN; LOCK TABLE quiz_submissions IN ACCESS EXCLUSIVE MODE')
    const waiting = Promise.all(
      Array.from({ length: CONNECTIONS }, async () =>
        post(`${api.url}/quizzes/stellar-basics/claim`, claimant.token),
      ),
    )
    try {
      await untilInUse(CONNECTIONS)
      const { database } = await untilHealth(stage, api, 503)
      assert(database === 'unhealthy', `the check of the database says ${database}`)
    } finally {
      await locker.end()
      for (const answer of await waiting) expectStatus(answer, 200, 'a claim that waited')
    }
    await untilHealth(stage, api, 200)
    await untilInUse(0)
  })
}
