import { gunzipSync } from 'node:zlib'
import { expect, test, vi } from 'vitest'
import { sendAnswer, textAnswer, type AnyAnswer } from '../../../src/core/http-answer.ts'

const LONG = 'orders_total{shop="a"} 1\n'.repeat(100)

/** Sends a text as it would be sent to who asks with these headers. */
async function send(body: AnyAnswer['body'], headers: Record<string, string>, method = 'GET') {
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
    () => ({ ...textAnswer(200, ''), body }),
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

test('an answer in pieces is sent as one, and is long if they are together', async () => {
  const pieces = ['', LONG.slice(0, 600), '', LONG.slice(600), 'é\n']
  const whole = pieces.join('')

  const { headers, body } = await send(pieces, {})
  expect(String(body)).toBe(whole)
  expect(headers['content-length']).toBe(String(whole.length + 1))
  expect((await send(pieces, { 'accept-encoding': 'gzip' })).headers).toMatchObject({
    'content-encoding': 'gzip',
  })
  expect((await send(['o', 'k'], {})).body).toBe('ok')
})

test('bytes of a very long answer are put together in pieces too', async () => {
  const concat = vi.spyOn(Buffer, 'concat')
  const { body } = await send(LONG.repeat(200), {})

  expect(String(body)).toBe(LONG.repeat(200))
  expect(concat).not.toHaveBeenCalled()
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
