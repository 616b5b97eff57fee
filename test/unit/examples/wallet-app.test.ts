import type { Queue } from 'bullmq'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import type { Pool } from 'pg'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { createApp } from '../../../examples/wallet-backend/src/app.ts'
import type { KeyStore } from '../../../examples/wallet-backend/src/keys.ts'
import { readSettings } from '../../../examples/wallet-backend/src/settings.ts'

const open = new AsyncDisposableStack()
afterAll(async () => open.disposeAsync())

let app: string
let failures = 0
beforeEach(() => (failures = 0))

beforeAll(async () => {
  const settings = readSettings({
    DATABASE_URL: 'postgres://localhost/wallet',
    REDIS_URL: 'redis://localhost',
  })
  const server = createApp({
    // Whoever gets as far as the database fails.
    pool: {} as Pool,
    keys: { verify: async () => 'admin' } as unknown as KeyStore,
    queue: {} as Queue,
    settings,
    errors: { count: () => (failures += 1) },
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  open.defer(() => {
    server.closeAllConnections()
    server.close()
  })
  app = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})

// A request that fails is counted, and too many of them wake people up: nobody who has not logged in may do that.
test.each([
  ['a name that PostgreSQL cannot read', { username: 'a\u0000b', password: 'guess' }],
  ['a name without end', { username: 'a'.repeat(90_000), password: 'guess' }],
  ['a name that is no text', { username: { toString: 1 }, password: 'guess' }],
  ['no name', { password: 'guess' }],
  ['a password without end', { username: 'ada', password: 'x'.repeat(90_000) }],
  ['a list', ['ada', 'guess']],
])('a log-in with %s is refused, and wakes nobody', async (_what, body) => {
  const { status } = await fetch(`${app}/login`, { method: 'POST', body: JSON.stringify(body) })

  expect(status).toBe(400)
  expect(failures).toBe(0)
})

test.each([
  ['/transfers', { to: 'a\u0000b', amount: '1' }],
  ['/transfers', { to: 'ada', amount: 1 }],
  ['/transfers', { to: 'ada', amount: '9'.repeat(1_000) }],
])('%s with %j is refused, and wakes nobody', async (path, body) => {
  const { status } = await fetch(app + path, {
    method: 'POST',
    headers: { authorization: 'Bearer any' },
    body: JSON.stringify(body),
  })

  expect(status).toBe(400)
  expect(failures).toBe(0)
})
