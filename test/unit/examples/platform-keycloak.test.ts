import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createKeycloak } from '../../../examples/platform/src/keycloak.ts'
import { type KeyServer, startKeyServer } from '../../../examples/support/key-server.ts'

const open = new AsyncDisposableStack()
afterAll(async () => open.disposeAsync())

let keys: KeyServer
let url: string
beforeAll(async () => {
  keys = open.use(await startKeyServer({ issuer: 'nobody', audience: 'account' }))
  url = new URL(keys.jwksUrl).origin
})

/** Somebody's token, as Keycloak signs it for a client of its realm. */
const adaAt = (origin: string): Record<string, string> => ({
  sub: 'ada',
  iss: `${origin}/realms/sankofa`,
  azp: 'platform',
  tenant_id: 'tenant-1',
  role: 'operator',
})

test.each([
  ['another realm', () => ({ iss: `${url}/realms/master` }), 60],
  ['another client', () => ({ azp: 'shop' }), 60],
  ['nobody', () => ({ sub: '' }), 60],
  ['no tenant', () => ({ tenant_id: '' }), 60],
  ['the past', () => ({}), -60],
  ['no time at all', () => ({}), undefined],
] as const)('a token of %s proves nothing', async (_what, others, lifetimeSeconds) => {
  const { verify } = createKeycloak(url, 'platform')
  const ada = adaAt(url)

  const token = await keys.sign({ ...ada, ...others() }, lifetimeSeconds)

  expect(await verify(`Bearer ${await keys.sign(ada, 60)}`)).toMatchObject({ name: 'ada' })
  expect(await verify(`Bearer ${token}`)).toBeUndefined()
})

async function answering(listener: RequestListener): Promise<string> {
  const server = createServer(listener)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  open.defer(() => void server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

test('a client that Keycloak does not know is no wrong password', async () => {
  const asked: string[] = []
  const strange = await answering(async (request, response) => {
    for await (const chunk of request) asked.push(String(chunk))
    response.writeHead(401).end(JSON.stringify({ error: 'invalid_client' }))
  })

  await expect(createKeycloak(strange, 'platform').logIn('ada', 'right')).rejects.toThrow('401')
  expect(asked.join()).toContain('client_id=platform')
})

test('a password that Keycloak refuses is one', async () => {
  const strict = await answering((_request, response) => {
    response.writeHead(401).end(JSON.stringify({ error: 'invalid_grant' }))
  })

  expect(await createKeycloak(strict, 'platform').logIn('ada', 'wrong')).toBeUndefined()
})
