import type { Redis } from 'ioredis'
import { decodeProtectedHeader } from 'jose'
import { assert } from '../../support/assert.ts'
import { eventually } from '../../support/eventually.ts'
import { scrape, sumOf } from '../../support/exposition.ts'
import { untilScraped } from '../../support/prometheus.ts'
import type { Service } from '../../support/services.ts'
import type { Stage } from '../../support/stage.ts'
import { readTrace } from '../../support/traces.ts'
import { logIn, send } from './client.ts'
import { linesOf, PATIENCE, recordOf } from './look.ts'

const KEYS = 'wallet:jwt:keys'
const ACTIVE = 'wallet:jwt:active'
const LOCK = 'wallet:jwt:rotation:lock'

/** Keys change while tokens are in use. */
export async function proveGrace(
  { prove }: Stage,
  api: Service,
  worker: Service,
  redis: Redis,
  password: string,
): Promise<void> {
  await prove('a retired key stays valid for its grace period', async () => {
    const { kid, status } = await useOldToken(api, redis, password)
    assert(status === 200, `a token of the key before was answered ${status}`)
    await eventually(
      'the key to be forgotten',
      async () => redis.hexists(KEYS, kid),
      (exists) => exists === 0,
      PATIENCE,
    )
    const retired = sumOf(await scrape(worker.metricsUrl), 'jwt_key_retirements_total')
    assert(retired > 0, 'no retirement was counted')
  })
}

/** Refreshes a token once its key has been replaced; on a busy machine it may have run out by then, and is tried again. */
async function useOldToken(
  api: Service,
  redis: Redis,
  password: string,
): Promise<{ readonly kid: string; readonly status: number }> {
  for (let tries = 1; ; tries += 1) {
    const token = await logIn(api.url, 'ada', password)
    const kid = String(decodeProtectedHeader(token).kid)
    await eventually(
      'another key that signs',
      async () => redis.get(ACTIVE),
      (active) => active !== kid,
      PATIENCE,
    )
    const { status } = await send(`${api.url}/token/refresh`, 'POST', token)
    if (status === 200 || tries === 3) return { kid, status }
  }
}

/** Two instances have the same keys; while one holds the lock the other does nothing, however long it is due. */
export async function proveOneRotates(
  { prove }: Stage,
  instances: readonly Service[],
  redis: Redis,
  intervalMillis: number,
): Promise<void> {
  await prove('of two instances one rotates', async () => {
    await eventually(
      'the lock',
      async () => redis.set(LOCK, 'a third instance', 'PX', 120_000, 'NX'),
      (answer) => answer === 'OK',
      PATIENCE,
    )
    const before = await redis.get(ACTIVE)
    for (const { name, metricsUrl } of instances) {
      await eventually(
        `${name} to find the lock taken`,
        async () => sumOf(await scrape(metricsUrl), 'jwt_key_rotation_lock_contention_total'),
        (times) => times >= 2,
        PATIENCE,
      )
    }
    assert((await redis.get(ACTIVE)) === before, 'an instance rotated without the lock')
    await redis.del(LOCK)
    const created = await createdTimes(redis, 3)
    const gaps = created.slice(1).map((time, index) => time - created[index]!)
    const shortest = Math.min(...gaps)
    assert(shortest >= intervalMillis, `two rotations lie ${shortest} ms apart`)
  })
}

/** When the next keys were made, as they say themselves. */
async function createdTimes(redis: Redis, count: number): Promise<number[]> {
  const known = new Set(await redis.hkeys(KEYS))
  const created = new Map<string, number>()
  await eventually(
    `${count} more rotations`,
    async () => {
      for (const [kid, text] of Object.entries(await redis.hgetall(KEYS))) {
        if (known.has(kid)) continue
        created.set(kid, (JSON.parse(text) as { readonly createdAt: number }).createdAt)
      }
      return created.size
    },
    (size) => size >= count,
    PATIENCE,
  )
  return [...created.values()].toSorted((a, b) => a - b)
}

/** One rotation in the audit trail, in the logs and in its trace. */
export async function proveCorrelation(stage: Stage, worker: string): Promise<void> {
  await stage.prove('correlation ids trace a rotation across systems', async () => {
    const { details, request_id, trace_id } = await recordOf(stage, worker, 'jwt_key_rotated')
    const id = String(details['correlationId'])
    assert(request_id === id, `the record's request is ${request_id}, not ${id}`)
    const lines = await linesOf(stage, `{service="${worker}"} | correlation_id="${id}"`)
    assert(
      lines.some(({ fields }) => fields['trace_id'] === trace_id),
      'no log line of it is in its trace',
    )
    await eventually(
      'the span of the rotation',
      async () => readTrace(stage.stack.addresses.jaeger, trace_id ?? ''),
      (spans) => spans.some(({ attributes }) => attributes.get('correlation_id') === id),
      PATIENCE,
    )
  })
}

/**
 * A key that cannot be read: nobody can log in, and no rotation succeeds, until somebody takes it away.
 *
 * @param meanwhile - what else is to be tried before that
 */
export async function breakKeys(
  { stack }: Stage,
  { api, worker }: { readonly api: Service; readonly worker: Service },
  redis: Redis,
  password: string,
  meanwhile: () => Promise<void>,
): Promise<void> {
  const before = (await redis.get(ACTIVE)) ?? ''
  await redis.hset(KEYS, 'damaged', '{')
  await redis.set(ACTIVE, 'damaged')
  try {
    await failToLogIn(api, password)
    // What a counter begins with must have been seen, or nobody sees it grow.
    await untilScraped(stack.addresses, 'http_requests_total{status="503"}')
    for (let times = 1; times <= 5; times += 1) await failToLogIn(api, password)
    // The alert waits for more than five. Nobody else is there yet: two that fail again and again keep the lock from each other.
    await untilFailed(worker, 7)
    await meanwhile()
  } finally {
    await redis.hdel(KEYS, 'damaged')
    await redis.set(ACTIVE, before)
  }
}

/** Waits for rotations of an instance that fail. */
export async function untilFailed({ name, metricsUrl }: Service, least: number): Promise<void> {
  await eventually(
    `${least} rotations of ${name} that failed`,
    async () => sumOf(await scrape(metricsUrl), 'jwt_key_rotation_errors_total'),
    (errors) => errors >= least,
    PATIENCE,
  )
}

async function failToLogIn(api: Service, password: string): Promise<void> {
  const body = { username: 'ada', password }
  const { status } = await send(`${api.url}/login`, 'POST', undefined, body)
  assert(status === 503, `a log-in without a key was answered ${status}`)
}
