import { assert } from '../../support/assert.ts'
import { eventually } from '../../support/eventually.ts'
import { untilScraped } from '../../support/prometheus.ts'
import type { Stage } from '../../support/stage.ts'
import { withDatabase } from './bounds.ts'
import { logIn } from './client.ts'
import { PATIENCE } from './patience.ts'
import type { Team } from './team.ts'

/** As many as `DATABASE_POOL_MAX`. */
const CONNECTIONS = 10

/** A lock that somebody holds: each connection of the pool waits for it. */
export async function proveExhaustedPool(
  { stack, prove }: Stage,
  { databaseUrl, grace }: Team,
): Promise<void> {
  await prove('DatabaseConnectionPoolExhausted sees a pool that is exhausted', async () =>
    withDatabase(databaseUrl, async (client) => {
      // Who only reads is not kept waiting.
      await client.query('BEGIN; LOCK TABLE budgets IN EXCLUSIVE MODE')
      const waiting = Array.from({ length: CONNECTIONS }, async () =>
        grace('PUT', '/budget', { usd: 950 }),
      )
      try {
        await untilScraped(
          stack.addresses,
          'sankofa_db_connections_active / sankofa_db_connections_max > 0.9',
        )
      } finally {
        await client.query('ROLLBACK')
      }
      const statuses = (await Promise.all(waiting)).map(({ status }) => status)
      assert(
        statuses.some((status) => status === 200),
        `those who waited were answered ${statuses.join(', ')}`,
      )
    }),
  )
}

/** Proxmox goes away, for good: what alerts wait for. */
export async function proveOutage(
  { stack, prove }: Stage,
  { api, proxmox, ada, password }: Team,
): Promise<void> {
  await prove('requests are answered while Proxmox is away', async () => {
    await proxmox.stop()
    const fail = async (): Promise<void> => {
      const { status } = await ada('POST', '/vms/102/start')
      assert(status === 503, `the start of a machine was answered ${status}`)
    }
    await fail()
    // What a counter begins with must have been seen, or nobody sees it grow.
    await untilScraped(stack.addresses, 'sankofa_api_requests_total{status="503"}')
    for (let times = 1; times <= 60; times += 1) await fail()
    await logIn(api.url, 'mary', password)
    const { body } = await ada('GET', '/vms')
    assert(Array.isArray(body) && body.length === 2, 'what is known is not shown any more')
  })
}

/** Waits until the service says that it is well, and answers which checks it has. */
export async function healthChecksOf({ api }: Team): Promise<Record<string, string>> {
  const response = await eventually(
    '/health',
    async () => fetch(api.metricsUrl.replace('/metrics', '/health')),
    ({ status }) => status === 200,
    PATIENCE,
  )
  const { checks } = (await response.json()) as {
    readonly checks: Readonly<Record<string, { readonly status: string }>>
  }
  return Object.fromEntries(Object.entries(checks).map(([name, { status }]) => [name, status]))
}
