import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import type { Pool } from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createApp } from '../../../examples/course-platform/src/app.ts'
import { readSettings } from '../../../examples/course-platform/src/settings.ts'

const open = new AsyncDisposableStack()
afterAll(async () => open.disposeAsync())

let app: string

beforeAll(async () => {
  const settings = readSettings({ DATABASE_URL: 'postgres://localhost/courses' })
  const pool = { query: async () => ({ rows: [] }) } as unknown as Pool
  const server = createApp({ pool, settings }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  open.defer(() => {
    server.closeAllConnections()
    server.close()
  })
  app = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})

const json = { 'content-type': 'application/json' }
const tooLong = JSON.stringify({ name: 'a', content: 'x'.repeat(1_100_000) })

// A status of 500 and above counts against the error rate that was promised, is logged as an error and goes to Sentry.
test.each([
  ['a body that is too long', 413, { headers: json, body: tooLong }],
  ['an unknown charset', 415, { headers: { 'content-type': 'application/json; charset=x' } }],
  ['an unknown encoding', 415, { headers: { ...json, 'content-encoding': 'x' } }],
  ['a body that is cut off', 400, { headers: json, body: '{' }],
  ['no body', 400, {}],
])('%s is the fault of whoever sent it: %i', async (_what, expected, init) => {
  const answer = await fetch(`${app}/api/v1/upload/`, { method: 'POST', body: '{}', ...init })

  expect(answer.status).toBe(expected)
  expect(await answer.json()).toMatchObject({ error: { code: expect.not.stringContaining('int') } })
})

test('a body that is nearly as long as it may be is taken', async () => {
  const body = JSON.stringify({ name: 'a', content: 'x'.repeat(1_000_000) })
  const answer = await fetch(`${app}/api/v1/upload/`, { method: 'POST', headers: json, body })

  expect(answer.status).toBe(201)
  expect(await answer.json()).toEqual({ name: 'a', length: 1_000_000 })
})

test('what PostgreSQL cannot read is not asked of it', async () => {
  const { status } = await fetch(`${app}/api/v1/search?q=a%00b`)

  expect(status).toBe(400)
})
