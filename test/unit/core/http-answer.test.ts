import { gunzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { sendAnswer, textAnswer } from '../../../src/core/http-answer.ts'

const LONG = 'orders_total{shop="a"} 1\n'.repeat(100)

/** Sends a text as it would be sent to who asks with these headers. */
async function send(body: string, headers: Record<string, string>, method = 'GET') {
  let sent: Record<string, string> = {}
  let status = 0
  let written: string | Buffer | undefined
  const response = {
    writeHead: (code: number, given: Record<string, string>) => {
      status = code
      sent = given
    },
    end: (text?: string | Buffer) => {
      written = text
    },
    destroy: () => undefined,
  }
  const errors: string[] = []
  await sendAnswer(
    { method, headers },
    response,
    () => textAnswer(200, body),
    (reason) => errors.push(reason),
  )
  expect(errors).toEqual([])
  return { status, headers: sent, body: written }
}

test.each(['gzip', 'deflate, gzip', 'GZIP;q=0.5', 'br, *;q=0.1', 'gzip;level=1; q=1.0'])(
  'who accepts %s gets a long answer compressed',
  async (accepted) => {
    const { headers, body } = await send(LONG, { 'accept-encoding': accepted })

    expect(headers).toMatchObject({ 'content-encoding': 'gzip', vary: 'accept-encoding' })
    expect(headers['content-length']).toBe(String((body as Buffer).length))
    expect((body as Buffer).length).toBeLessThan(LONG.length / 10)
    expect(gunzipSync(body as Buffer).toString()).toBe(LONG)
  },
)

test.each(['', 'identity', 'br', 'gzip;q=0', 'gzip;q=0, *;q=1', 'xgzip', 'gzip;q=x'])(
  'who accepts %j gets it as it is',
  async (accepted) => {
    const { headers, body } = await send(LONG, { 'accept-encoding': accepted })

    expect(headers['content-encoding']).toBeUndefined()
    expect(headers['vary']).toBe('accept-encoding')
    expect(String(body)).toBe(LONG)
  },
)

test('a very long answer is made into bytes in pieces, between which others have their turn', async () => {
  // One character of two halves after the other, so that one lies across each border of two pieces.
  const text = `x${'😀'.repeat(150_000)}`
  let turns = 0
  const count = (): void => {
    turns += 1
    watch = setImmediate(count)
  }
  let watch = setImmediate(count)
  const { headers, body } = await send(text, {})
  clearImmediate(watch)

  expect(String(body)).toBe(text)
  expect(headers['content-length']).toBe(String(1 + 4 * 150_000))
  expect(turns).toBeGreaterThanOrEqual(4)
})

test('a short answer is never compressed', async () => {
  expect(await send('ok\n', { 'accept-encoding': 'gzip' })).toMatchObject({
    headers: { 'content-length': '3' },
    body: 'ok\n',
  })
})

test('what is neither GET nor HEAD is not allowed', async () => {
  expect(await send(LONG, { 'accept-encoding': 'gzip' }, 'POST')).toMatchObject({
    status: 405,
    headers: { allow: 'GET, HEAD', 'content-length': '0' },
  })
})
