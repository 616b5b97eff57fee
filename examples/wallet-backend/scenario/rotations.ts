import type { Redis } from 'ioredis'
import { decodeProtectedHeader } from 'jose'
import { assert } from '../../support/assert.ts'
import { readAuditRows } from '../../support/audit-rows.ts'
import { eventually } from '../../support/eventually.ts'
import { scrape, sumOf } from '../../support/exposition.ts'
import type { Service } from '../../support/services.ts'
import type { Stage } from '../../support/stage.ts'
import { send } from './client.ts'

const PATIENCE = { withinMillis: 40_000 }

/** Keys change while tokens are in use. @param token - signed with the key that is active */
export async function proveGrace(
  prove: Stage['prove'],
  api: Service,
  worker: Service,
  redis: Redis,
  token: string,
): Promise<void> {
  await prove('a retired key stays valid for its grace period', async () => {
    const { kid } = decodeProtectedHeader(token)
    await eventually(
      'another key that signs',
      async () => redis.get('wallet:jwt:active'),
      (active) => active !== kid,
      PATIENCE,
    )
    const { status } = await send(`${api.url}/token/refresh`, 'POST', token)
    assert(status === 200, `a token of the key before was answered ${status}`)
    await eventually(
      'the key to be forgotten',
      async () => redis.hexists('wallet:jwt:keys', String(kid)),
      (exists) => exists === 0,
      PATIENCE,
    )
    const retired = sumOf(await scrape(worker.metricsUrl), 'jwt_key_retirements_total')
    assert(retired > 0, 'no retirement was counted')
  })
}

/** Two instances run on the same keys; between two rotations lies the interval. */
export async function proveOneRotates(
  { prove, stack }: Stage,
  services: readonly string[],
  intervalMillis: number,
): Promise<void> {
  await prove('of two instances one rotates', async () => {
    const { postgresAuditor } = stack.addresses
    const before = (await rotationTimes(postgresAuditor, services)).length
    const times = await eventually(
      'three more rotations',
      async () => rotationTimes(postgresAuditor, services),
      (found) => found.length >= before + 3,
      PATIENCE,
    )
    const gaps = times.slice(1).map((time, index) => time - times[index]!)
    const shortest = Math.min(...gaps)
    assert(shortest > intervalMillis * 0.9, `two rotations lie ${shortest} ms apart`)
  })
}

async function rotationTimes(databaseUrl: string, services: readonly string[]): Promise<number[]> {
  const rows = await Promise.all(
    services.map(async (service) => readAuditRows(databaseUrl, 'service_name', service)),
  )
  return rows
    .flat()
    .filter(({ event_name }) => event_name === 'jwt_key_rotated')
    .map(({ occurred_at }) => occurred_at.getTime())
    .toSorted((a, b) => a - b)
}

/** A key that cannot be read stops the rotation, until somebody takes it away. */
export async function breakRotation(worker: Service, redis: Redis): Promise<void> {
  await redis.hset('wallet:jwt:keys', 'damaged', '{')
  await eventually(
    'a rotation that failed',
    async () => sumOf(await scrape(worker.metricsUrl), 'jwt_key_rotation_errors_total'),
    (errors) => errors >= 2,
    PATIENCE,
  )
  await redis.hdel('wallet:jwt:keys', 'damaged')
}
