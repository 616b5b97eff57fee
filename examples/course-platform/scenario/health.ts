import { Client } from 'pg'
import { eventually } from '../../support/eventually.ts'
import type { Service } from '../../support/services.ts'
import type { Stage } from '../../support/stage.ts'
import { PATIENCE } from './look.ts'

/** As many as the service's pool has. */
const CONNECTIONS = 10

/** The database can be used, and then each connection waits for a lock that somebody holds. */
export async function proveHealth(stage: Stage, api: Service, databaseUrl: string): Promise<void> {
  const { prove } = stage
  const untilHealthz = async (wanted: number): Promise<unknown> =>
    eventually(
      `${wanted} from /healthz`,
      async () => (await fetch(`${api.url}/healthz`)).status,
      (status) => status === wanted,
      PATIENCE,
    )
  await prove('GET /healthz', async () => void (await untilHealthz(200)))
  await seeHealth(stage, api, 'healthy')
  await prove('GET /healthz answers 503 while the database cannot be used', async () => {
    const locker = new Client({ connectionString: databaseUrl })
    await locker.connect()
    await locker.query('BEGIN; LOCK TABLE courses IN ACCESS EXCLUSIVE MODE')
    const enough = new AbortController()
    const waiting = Promise.all(
      Array.from({ length: CONNECTIONS }, async () => {
        // The service gives up after a while.
        while (!enough.signal.aborted) {
          await (await fetch(`${api.url}/api/v1/courses`)).body?.cancel()
        }
      }),
    )
    try {
      await untilHealthz(503)
      await seeHealth(stage, api, 'unhealthy')
    } finally {
      enough.abort()
      await locker.end()
      await waiting
    }
    await untilHealthz(200)
  })
}

/** Waits until the check of the database, on the port of the metrics, is in a state. */
async function seeHealth(
  { sawHealth }: Stage,
  { metricsUrl }: Service,
  wanted: string,
): Promise<void> {
  const { checks } = await eventually(
    `a database that is ${wanted}`,
    async () => {
      const response = await fetch(metricsUrl.replace('/metrics', '/health'))
      return (await response.json()) as {
        readonly checks: Readonly<Record<string, { readonly status: string }>>
      }
    },
    ({ checks: { database } }) => database?.status === wanted,
    PATIENCE,
  )
  sawHealth(checks)
}
