import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Pool } from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createApp } from '../../../examples/certificate-api/src/app.ts'
import {
  createAuthentication,
  AuthenticationError,
} from '../../../examples/certificate-api/src/authentication.ts'
import { createAuthorities } from '../../../examples/certificate-api/src/authorities.ts'
import type { PrivateCa } from '../../../examples/certificate-api/src/private-ca.ts'
import { readJson, send } from '../../../examples/certificate-api/src/router.ts'
import { startKeyServer } from '../../../examples/support/key-server.ts'

const rules = { issuer: 'https://login.example.test', audience: 'certificate-api' }
const open = new AsyncDisposableStack()
afterAll(async () => open.disposeAsync())

async function listen(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  open.defer(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

test('keys that come too late are no fault of the caller', async () => {
  const hanging = await listen(createServer(() => {}))
  const keys = open.use(await startKeyServer(rules))
  const token = await keys.sign({ sub: 'ada' })

  const { verify } = createAuthentication(hanging, { ...rules, timeoutMillis: 50 })

  await expect(verify(`Bearer ${token}`)).rejects.not.toBeInstanceOf(AuthenticationError)
})

test.each([
  ['no token', async () => undefined, 'missing_token'],
  ['a word', async () => 'word', 'unreadable'],
  ['a token of the past', async (sign: Sign) => sign({ sub: 'ada' }, -60), 'expired'],
  ['a token for ever', async (sign: Sign) => sign({ sub: 'ada' }, undefined), 'wrong_claim'],
  ['a token of nobody', async (sign: Sign) => sign({}), 'wrong_claim'],
  ['a token for others', async (sign: Sign) => sign({ sub: 'ada', aud: 'b' }), 'wrong_claim'],
  [
    'a forged token',
    async (sign: Sign) => (await sign({ sub: 'ada' })).replace(/[^.]+$/, 'A'.repeat(86)),
    'wrong_signature',
  ],
] as const)('%s is a failure of its own kind', async (_what, make, reason) => {
  const keys = open.use(await startKeyServer(rules))
  const token = await make(keys.sign)

  const { verify } = createAuthentication(keys.jwksUrl, rules)

  await expect(verify(token && `Bearer ${token}`)).rejects.toMatchObject({ reason })
})

type Sign = Awaited<ReturnType<typeof startKeyServer>>['sign']

test('a body that is too long is answered, and not cut off', async () => {
  const url = await listen(
    createServer(async (request, response) => {
      const status = await readJson(request).then(
        () => 200,
        ({ statusCode }: { readonly statusCode: number }) => statusCode,
      )
      send(response, { status, body: {} })
    }),
  )
  const post = async (body: string): Promise<number> =>
    (await fetch(url, { method: 'POST', body })).status

  expect(await post('{}')).toBe(200)
  expect(await post('{')).toBe(400)
  expect(await post(`"${'x'.repeat(150_000)}"`)).toBe(413)
})

let app: string

beforeAll(async () => {
  const privateCa = {} as PrivateCa
  const parts = {
    pool: {} as Pool,
    privateCa,
    authorities: createAuthorities(privateCa),
    authentication: createAuthentication('http://127.0.0.1:1', rules),
  }
  app = await listen(createServer(createApp(parts)))
})

test('a caller is turned away also when the audit trail takes nothing', async () => {
  // Nobody has called `init()`: each record is refused.
  const { status } = await fetch(`${app}/certificates/1`)

  expect(status).toBe(401)
})
