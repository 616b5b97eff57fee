import { expect, test } from 'vitest'
import { z } from 'zod'
import { type AppParts, createApp } from '../../../examples/platform/src/app.ts'

/** What `/login` answers to a body, while Keycloak does something. */
async function logIn(body: string, answer: () => Promise<string | undefined>): Promise<number> {
  const app = createApp({ keycloak: { logIn: answer } } as unknown as AppParts)
  return (await app.request('/login', { method: 'POST', body })).status
}

const ADA = JSON.stringify({ username: 'ada', password: 'right' })

test.each([
  ['what is no JSON', '{'],
  ['a body without a password', '{"username":"ada"}'],
])('%s is the fault of the caller', async (_what, body) => {
  expect(await logIn(body, async () => 'token')).toBe(400)
})

test.each([
  ['answers with a page', async () => JSON.parse('<html>') as string],
  ['answers with something else', async () => z.string().parse({})],
])('a Keycloak that %s is none of the caller', async (_what, answer) => {
  expect(await logIn(ADA, async () => 'token')).toBe(200)
  expect(await logIn(ADA, answer)).toBe(503)
})

test('a body that is too long is refused as such', async () => {
  expect(await logIn('x'.repeat(200_000), async () => 'token')).toBe(413)
})
