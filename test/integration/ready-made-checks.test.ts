import { Queue, Worker } from 'bullmq'
import { Redis } from 'ioredis'
import { createRemoteJWKSet, exportJWK, generateKeyPair } from 'jose'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Pool } from 'pg'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { type PartialAddresses, type Stack, startPartOfStack } from '../../deploy/stack/stack.ts'
import { health, healthResponse, type CheckFunction } from '../../src/index.ts'
import { startSilentProxy } from '../support/silent-proxy.ts'

vi.setConfig({ testTimeout: 120_000 })

let stack: Stack<PartialAddresses>
const cleanUps: (() => unknown)[] = []

beforeAll(async () => {
  stack = await startPartOfStack(['postgres', 'redis'])
}, 300_000)

afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp()
})

afterAll(async () => {
  await stack?.stop()
})

/** Declares the check, and gives what `/health` shows of it. */
function declare(check: CheckFunction, every = 50, timeout = 1_000): () => Record<string, unknown> {
  const { remove } = health.check('dependency', check, { every, timeout })
  cleanUps.push(remove)
  return () =>
    (
      JSON.parse(healthResponse({ checks: ['dependency'] }).body) as {
        checks: { dependency: Record<string, unknown> }
      }
    ).checks.dependency
}

const SOON = { timeout: 60_000, interval: 20 }

const well: RequestListener = (_request, response) => response.end('well')

/** A server of HTTP that ends with the test. */
async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener)
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  cleanUps.push(() => {
    server.close()
    server.closeAllConnections()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

async function createPool(port?: number): Promise<Pool> {
  const url = new URL(stack.addresses.postgres!)
  if (port !== undefined) url.port = String(port)
  const pool = new Pool({ connectionString: url.href, max: 2 })
  pool.on('error', () => undefined)
  cleanUps.push(() => pool.end())
  return pool
}

async function whileStopped(work: () => Promise<void>): Promise<void> {
  stack.component('redis').kill('SIGSTOP')
  try {
    await work()
  } finally {
    stack.component('redis').kill('SIGCONT')
  }
}

describe('health.pg', () => {
  test('is healthy while connections can be had, and unhealthy while all are in use', async () => {
    const pool = await createPool()
    const read = declare(health.pg(pool))
    await expect
      .poll(read, SOON)
      .toMatchObject({ status: 'healthy', connections: 1, idle: 1, waiting: 0 })

    const held = await Promise.all([pool.connect(), pool.connect()])
    await expect.poll(read, SOON).toMatchObject({
      status: 'unhealthy',
      message: 'no free connection: 2 connections, 0 idle, 1 requests wait',
    })
    // Runs that gave up left one request behind, not one each.
    expect(pool.waitingCount).toBe(1)

    for (const client of held) client.release()
    await expect.poll(read, SOON).toMatchObject({ status: 'healthy', waiting: 0 })
  })

  test('notices a server that falls silent, and that it is back', async () => {
    await using proxy = await startSilentProxy(Number(new URL(stack.addresses.postgres!).port))
    const pool = await createPool(proxy.port)
    const read = declare(health.pg(pool), 50, 500)
    await expect.poll(read, SOON).toMatchObject({ status: 'healthy' })

    proxy.silence()
    await expect
      .poll(read, SOON)
      .toMatchObject({ status: 'unhealthy', message: 'no answer to SELECT 1' })
    await expect.poll(read, SOON).toMatchObject({
      status: 'unhealthy',
      message: expect.stringMatching(/^no free connection/),
    })
    expect(pool.totalCount).toBeLessThanOrEqual(2)

    proxy.resume()
    await expect.poll(read, SOON).toMatchObject({ status: 'healthy' })
  })
})

describe('Redis that is stopped in its tracks', () => {
  test('is unhealthy for health.ioredis until it goes on', async () => {
    const redis = new Redis(stack.addresses.redis!)
    cleanUps.push(() => redis.disconnect())
    let pings = 0
    const read = declare(
      health.ioredis({
        get status() {
          return redis.status
        },
        ping: () => ((pings += 1), redis.ping()),
      }),
      50,
      300,
    )
    await expect.poll(read, SOON).toMatchObject({ status: 'healthy' })

    await whileStopped(async () => {
      await expect.poll(read, SOON).toMatchObject({
        status: 'unhealthy',
        message: 'no answer to PING: the connection is "ready"',
      })
      const before = pings
      await new Promise((resolve) => setTimeout(resolve, 1_500))
      expect(pings).toBe(before)
    })
    await expect.poll(read, SOON).toMatchObject({ status: 'healthy' })
  })

  test('is unhealthy for health.bullmq, as is a queue without workers', async () => {
    const connection = { url: stack.addresses.redis! }
    const queue = new Queue('emails', { connection })
    cleanUps.push(() => queue.close())
    const read = declare(health.bullmq(queue, { maxWaiting: 1 }), 50, 500)
    await expect
      .poll(read, SOON)
      .toMatchObject({ status: 'unhealthy', message: '0 of at least 1 workers are there' })

    await queue.addBulk([
      { name: 'one', data: {} },
      { name: 'two', data: {} },
    ])
    const gate = Promise.withResolvers<void>()
    const worker = new Worker('emails', () => gate.promise, { connection, autorun: false })
    await worker.waitUntilReady()
    cleanUps.push(() => worker.close())
    await expect.poll(read, SOON).toMatchObject({
      status: 'degraded',
      message: '2 jobs wait, more than 1',
      workers: 1,
      waiting: 2,
    })
    void worker.run()
    await expect.poll(read, SOON).toMatchObject({ status: 'healthy', workers: 1, waiting: 1 })

    await whileStopped(async () => {
      await expect
        .poll(read, SOON)
        .toMatchObject({ status: 'unhealthy', message: 'Redis does not answer' })
    })
    await expect.poll(read, SOON).toMatchObject({ status: 'healthy' })
    gate.resolve()
  })
})

describe('health.http', () => {
  test('looks at the status, and waits no longer than it may', async () => {
    let answer = well
    const url = await serve((request, response) => answer(request, response))
    const read = declare(health.http(`${url}/status?key=secret`), 50, 1_000)
    await expect.poll(read, SOON).toMatchObject({ status: 'healthy' })

    answer = (_request, response) => response.writeHead(503).end()
    await expect
      .poll(read, SOON)
      .toMatchObject({ status: 'unhealthy', message: `${url}/status answered 503` })

    answer = () => undefined
    await expect
      .poll(read, SOON)
      .toMatchObject({ status: 'unhealthy', message: `${url}/status does not answer` })

    answer = well
    await expect.poll(read, SOON).toMatchObject({ status: 'healthy' })
  })

  test('says why a server cannot be reached, without what may be secret in the URL', async () => {
    const url = await serve(() => undefined)
    for (const end of cleanUps.splice(0)) await end()
    const read = declare(health.http(`${url}/status?key=secret`))

    await expect
      .poll(read, SOON)
      .toMatchObject({ status: 'unhealthy', message: `${url}/status: ECONNREFUSED` })
    expect(JSON.stringify(read())).not.toContain('secret')
  })
})

test('health.jwks fetches keys that are missing, and says when there are none', async () => {
  const { publicKey } = await generateKeyPair('ES256')
  let keys: unknown[] = []
  let fetches = 0
  const url = await serve((_request, response) => {
    fetches += 1
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ keys }))
  })
  const keySet = createRemoteJWKSet(new URL(url), { cacheMaxAge: 200 })
  const read = declare(health.jwks(keySet))
  await expect.poll(read, SOON).toMatchObject({ status: 'unhealthy', message: 'there are no keys' })

  keys = [{ ...(await exportJWK(publicKey)), kid: 'a' }]
  await expect.poll(read, SOON).toMatchObject({ status: 'healthy', keys: 1 })
  expect(fetches).toBeGreaterThan(1)

  const passive = health.jwks(keySet, { reload: false })
  await vi.waitFor(
    async () => {
      const { signal } = new AbortController()
      await expect(Promise.resolve(passive({ signal }))).rejects.toThrow('the keys are too old')
    },
    { timeout: 30_000, interval: 1 },
  )
})
