import { Client } from 'pg'
import { assert } from '../../support/assert.ts'
import { eventually } from '../../support/eventually.ts'
import type { Service } from '../../support/services.ts'
import type { Stage } from '../../support/stage.ts'
import { type Answer, send } from './client.ts'
import { PATIENCE } from './look.ts'

/** As many as the pool of the API has. */
const CONNECTIONS = 10

type Checks = Readonly<Record<string, string>>

/** What the health of the API says: of all that is well, of a database that is locked, of a Redis that is away. */
export async function proveHealth(
  stage: Stage,
  api: Service,
  needed: { readonly databaseUrl: string; readonly password: string },
): Promise<void> {
  await stage.prove('GET /health has exactly the keys and values of the team', async () => {
    const { status, text, body } = await send(`${api.url}/health`, 'GET')
    const exact =
      /^\{"status":"healthy","timestamp":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ","version":"1\.0\.0","checks":\{"database":"healthy","redis":"healthy","celery":"healthy"\}\}\s*$/
    assert(status === 200 && exact.test(text), `it is ${status} ${text}`)
    stage.sawHealth(body['checks'] as Checks)
  })
  await stage.prove('GET /health answers 503 and says what is not healthy', async () => {
    await lockWallets(stage, api, needed)
    const redis = stage.stack.component('redis')
    await redis.stop()
    try {
      await untilUnhealthy(stage, api, ['redis', 'celery'])
    } finally {
      await redis.start()
    }
    await untilHealthy(api)
  })
}

/** Each connection waits for a lock that somebody holds. */
async function lockWallets(
  stage: Stage,
  api: Service,
  { databaseUrl, password }: { readonly databaseUrl: string; readonly password: string },
): Promise<void> {
  const locker = new Client({ connectionString: databaseUrl })
  await locker.connect()
  await locker.query('BEGIN; LOCK TABLE wallets IN ACCESS EXCLUSIVE MODE')
  const waiting = Promise.all(
    Array.from({ length: CONNECTIONS }, async () =>
      send(`${api.url}/login`, 'POST', undefined, { username: 'ada', password }),
    ),
  )
  try {
    await untilUnhealthy(stage, api, ['database'])
  } finally {
    await locker.end()
    await waiting
  }
  await untilHealthy(api)
}

async function untilUnhealthy(stage: Stage, api: Service, names: readonly string[]): Promise<void> {
  const { body } = await untilAnswer(
    api,
    503,
    ({ body: { status, checks } }) =>
      status === 'unhealthy' && names.every((name) => (checks as Checks)[name] === 'unhealthy'),
  )
  stage.sawHealth(body['checks'] as Checks)
}

async function untilHealthy(api: Service): Promise<void> {
  await untilAnswer(api, 200, () => true)
}

async function untilAnswer(
  api: Service,
  wanted: number,
  isComplete: (answer: Answer) => boolean,
): Promise<Answer> {
  return eventually(
    `${wanted} from /health`,
    async () => send(`${api.url}/health`, 'GET'),
    (answer) => answer.status === wanted && isComplete(answer),
    PATIENCE,
  )
}
