import { assert } from '../../support/assert.ts'
import { eventually } from '../../support/eventually.ts'
import { scrape, sumOf } from '../../support/exposition.ts'
import { readLogs } from '../../support/logs.ts'
import { untilScraped } from '../../support/prometheus.ts'
import type { Service } from '../../support/services.ts'
import type { Stage } from '../../support/stage.ts'
import { withDatabase } from './bounds.ts'
import { logIn } from './client.ts'
import { PATIENCE } from './patience.ts'
import type { Team } from './team.ts'

/** Connections of the service's pool in the scenario, its `DATABASE_POOL_MAX`. */
export const CONNECTIONS = 6

/** A lock that somebody holds: each connection of the pool waits for it. */
export async function proveExhaustedPool(
  stage: Stage,
  { api, databaseUrl, grace }: Team,
): Promise<void> {
  const { stack, prove } = stage
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
        const { database } = await untilHealth(stage, api, 503)
        assert(database === 'unhealthy', `the check of the database says ${database}`)
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
  await prove('the gauges of the pool say what is in use, and how much there is', async () => {
    // Connections that wait for the next query are there, and not in use.
    await eventually(
      `0 of ${CONNECTIONS} connections in use`,
      async () => {
        const samples = await scrape(api.metricsUrl)
        return ['active', 'max'].map((word) => sumOf(samples, `sankofa_db_connections_${word}`))
      },
      ([active, max]) => active === 0 && max === CONNECTIONS,
      PATIENCE,
    )
  })
}

/** Proxmox goes away, for good: what alerts wait for. */
export async function proveOutage(
  stage: Stage,
  { api, proxmox, ada, password }: Team,
): Promise<void> {
  const { stack, prove } = stage
  await prove('requests are answered while Proxmox is away', async () => {
    await proxmox.stop()
    const fail = async (): Promise<string> => {
      const { status, requestId } = await ada('POST', '/vms/102/start')
      assert(status === 503, `the start of a machine was answered ${status}`)
      return requestId
    }
    const failed = await fail()
    await prove('a request that failed is one error in the log', async () => {
      const query = `{service="api", level="error"} | request_id="${failed}"`
      const lines = await eventually(
        'the error of a request that failed',
        async () => readLogs(stack.addresses.loki, { query, tenant: 'tenant-1' }),
        ({ length }) => length > 0,
        PATIENCE,
      )
      assert(lines.length === 1, `it is ${lines.map(({ message }) => message).join(', ')}`)
    })
    // What a counter begins with must have been seen, or nobody sees it grow.
    await untilScraped(stack.addresses, 'sankofa_api_requests_total{status="503"}')
    for (let times = 1; times <= 60; times += 1) await fail()
    await logIn(api.url, 'mary', password)
    const { body } = await ada('GET', '/vms')
    assert(Array.isArray(body) && body.length === 2, 'what is known is not shown any more')
    const { proxmox: state } = await untilHealth(stage, api, 503)
    assert(state === 'unhealthy', `the check of Proxmox says ${state}`)
  })
}

/** Waits until `/health` answers with a status. @returns the state of each check */
export async function untilHealth(
  { sawHealth }: Pick<Stage, 'sawHealth'>,
  { metricsUrl }: Service,
  wanted: number,
): Promise<Record<string, string>> {
  const { checks } = await eventually(
    `${wanted} from /health`,
    async () => {
      const response = await fetch(metricsUrl.replace('/metrics', '/health'))
      const body = (await response.json()) as {
        readonly checks: Readonly<Record<string, { readonly status: string }>>
      }
      return { ...body, httpStatus: response.status }
    },
    ({ httpStatus }) => httpStatus === wanted,
    PATIENCE,
  )
  sawHealth(checks)
  return Object.fromEntries(Object.entries(checks).map(([name, { status }]) => [name, status]))
}
