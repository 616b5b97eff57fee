import type { IncomingMessage } from 'node:http'
import { afterEach, describe, expect, test } from 'vitest'
import { answerLogLevel } from '../../../src/admin/log-level-route.ts'
import { logLevels } from '../../../src/logging/logging.ts'

interface Given {
  readonly method?: string
  readonly from?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

async function ask({ method = 'GET', from = '127.0.0.1', headers = {}, body = '' }: Given) {
  const request = {
    method,
    headers: { host: 'localhost:9090', ...headers },
    socket: { remoteAddress: from },
    async *[Symbol.asyncIterator]() {
      yield Buffer.from(body)
    },
  }
  const answer = await answerLogLevel(request as unknown as IncomingMessage)
  return {
    status: answer.status,
    headers: answer.headers,
    body: JSON.parse(answer.body) as unknown,
  }
}

const put = async (change: unknown) => ask({ method: 'PUT', body: JSON.stringify(change) })

afterEach(() => logLevels.configure({ level: 'info', components: {} }))

describe('from this machine', () => {
  test('GET shows the levels', async () => {
    logLevels.set('debug', 'auth')

    expect(await ask({})).toMatchObject({
      status: 200,
      body: { level: 'info', components: { auth: 'debug' } },
    })
  })

  test('PUT changes one, and shows what holds then', async () => {
    expect(await put({ level: 'debug', component: 'auth' })).toMatchObject({
      status: 200,
      body: { level: 'info', components: { auth: 'debug' } },
    })
    expect(await put({ level: 'warn' })).toMatchObject({ body: { level: 'warn' } })
    expect(await put({ level: 'default', component: 'auth' })).toMatchObject({
      body: { level: 'warn', components: {} },
    })
  })

  test.each(['POST', 'DELETE', 'OPTIONS'])('%s is not answered', async (method) => {
    const body = JSON.stringify({ level: 'debug' })

    expect(await ask({ method, body })).toMatchObject({
      status: 405,
      headers: { allow: 'GET, HEAD, PUT' },
    })
    expect(logLevels.current().level).toBe('info')
  })

  test.each([
    '',
    '{',
    'null',
    '"debug"',
    '{"level":"loud"}',
    '{"level":"debug","component":7}',
    '{"level":"debug","component":""}',
    '{"level":"debug","componnet":"auth"}',
    JSON.stringify({ level: 'debug', component: 'x'.repeat(2_000) }),
  ])('a body that cannot be used changes nothing: %.40s', async (body) => {
    expect(await ask({ method: 'PUT', body })).toMatchObject({ status: 400 })
    expect(logLevels.current()).toEqual({ level: 'info', components: {} })
  })

  test.each([
    { from: '::1', headers: { host: '[::1]:9090' } },
    { from: '::ffff:127.0.0.1', headers: { host: '127.0.0.1:9090' } },
    { headers: { host: 'LOCALHOST', origin: 'http://localhost:3000' } },
  ])('%j is from here', async (given) => {
    expect(await ask(given)).toMatchObject({ status: 200 })
  })
})

describe('from elsewhere', () => {
  test.each<Given>([
    { from: '10.0.0.5' },
    { from: '192.168.1.1', headers: { host: '127.0.0.1' } },
    { from: '::ffff:10.0.0.5' },
    { from: '2001:db8::1' },
    { headers: { host: 'rebound.example:9090' } },
    { headers: { host: 'localhost.example' } },
    { headers: { host: '127.0.0.1.example' } },
    { headers: { host: '' } },
    { headers: { origin: 'https://evil.example' } },
    { headers: { origin: 'null' } },
    { headers: { origin: 'http://localhost@evil.example' } },
    { headers: { 'x-forwarded-for': '10.0.0.5' } },
    { headers: { forwarded: 'for=10.0.0.5' } },
    { headers: { via: '1.1 proxy' } },
  ])('%j is refused, and changes nothing', async (given) => {
    const body = JSON.stringify({ level: 'debug' })

    expect(await ask({ ...given, method: 'PUT', body })).toMatchObject({
      status: 403,
      body: { error: expect.any(String) },
    })
    expect(await ask(given)).toMatchObject({ status: 403 })
    expect(logLevels.current().level).toBe('info')
  })
})
