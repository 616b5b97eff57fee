import { readdirSync, readlinkSync } from 'node:fs'
import { request, type IncomingHttpHeaders, type RequestOptions } from 'node:http'
import { connect, type Socket } from 'node:net'
import { networkInterfaces } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startAdminServer } from '../../src/admin/admin.ts'
import { textAnswer } from '../../src/core/http-answer.ts'
import { createReporter } from '../../src/core/reporter.ts'
import { startApp, type RunningApp } from '../support/run-app.ts'

const open = new AsyncDisposableStack()
let app: RunningApp
let port: number

beforeAll(async () => {
  app = startApp('signals/large-scrape.mjs', {
    OTEL_TRACES_EXPORTER: 'none',
    OTEL_LOGS_EXPORTER: 'none',
    // All addresses, those of IPv6 too.
    OTEL_EXPORTER_PROMETHEUS_HOST: '::',
  })
  open.defer(async () => {
    app.process.kill('SIGTERM')
    await app.ended()
  })
  await app.said(/ready/)
  const [, found] = await app.said(/metrics on http:\/\/\S+:(\d+)\/metrics/)
  port = Number(found)
})
afterAll(async () => open.disposeAsync())

interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

async function ask(path: string, options: RequestOptions = {}, body?: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, path, agent: false, ...options }, (answer) => {
      const chunks: Buffer[] = []
      answer.on('data', (chunk: Buffer) => chunks.push(chunk))
      answer.on('error', reject)
      answer.on('end', () => {
        const { statusCode, headers } = answer
        resolve({ status: statusCode!, headers, body: Buffer.concat(chunks) })
      })
    })
    sent.on('error', reject)
    sent.end(body)
  })
}

/** What a request that is written by hand is answered, up to the end of the connection. */
async function askRaw(text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = ''
    const socket = connect(port, '127.0.0.1', () => socket.write(text))
    socket.setEncoding('utf8').on('data', (chunk: string) => (answer += chunk))
    socket.on('error', reject).on('close', () => resolve(answer))
  })
}

const levels = async (): Promise<unknown> =>
  JSON.parse((await ask('/loglevel')).body.toString()) as unknown

const here = (host: string): RequestOptions => ({ host, headers: { host: `localhost:${port}` } })

describe('/loglevel', () => {
  const debug = JSON.stringify({ level: 'debug' })

  test.each(['127.0.0.1', '127.1.2.3', '::1', '::ffff:127.0.0.1'])(
    'is answered to this machine by %s',
    async (host) => {
      expect((await ask('/loglevel', here(host))).status).toBe(200)
    },
  )

  const own = Object.values(networkInterfaces())
    .flatMap((each) => each ?? [])
    .filter(({ internal, scopeid }) => !internal && !scopeid)
    .map(({ address }) => address)

  test('is refused to every address of this machine that others reach too', async () => {
    expect(own).not.toEqual([])
    for (const address of own) {
      const answer = await ask('/loglevel', { ...here(address), method: 'PUT' }, debug)
      expect([address, answer.status]).toEqual([address, 403])
      expect((await ask('/metrics', here(address))).status).toBe(200)
    }
    expect(await levels()).toEqual({ level: 'info', components: {} })
  })

  test.each<[string, Record<string, string>]>([
    ['a name that only points here', { host: 'rebound.example:9090' }],
    ['a name that begins like ours', { host: 'localhost.evil.example' }],
    ['a name with a user', { host: 'localhost@evil.example' }],
    ['the address that stands for all', { host: '0.0.0.0' }],
    ['a page elsewhere', { origin: 'https://evil.example' }],
    ['a page that hides where it is from', { origin: 'null' }],
    ['a page whose host begins like ours', { origin: 'http://localhost.evil.example' }],
    ['X-Forwarded-For, whoever it names', { 'x-forwarded-for': '127.0.0.1' }],
    ['X-Forwarded-For without anybody', { 'x-forwarded-for': '' }],
    ['X-Forwarded-Host', { 'x-forwarded-host': 'localhost' }],
    ['X-Forwarded-Proto', { 'x-forwarded-proto': 'http' }],
    ['Forwarded', { forwarded: 'for=127.0.0.1' }],
    ['X-Real-IP', { 'x-real-ip': '127.0.0.1' }],
    ['X-Client-IP', { 'x-client-ip': '127.0.0.1' }],
    ['CF-Connecting-IP', { 'cf-connecting-ip': '127.0.0.1' }],
    ['True-Client-IP', { 'true-client-ip': '127.0.0.1' }],
    ['Via', { via: '1.1 proxy' }],
  ])('is refused to %s', async (_what, headers) => {
    const given = { method: 'PUT', headers: { host: `localhost:${port}`, ...headers } }
    const answer = await ask('/loglevel', given, debug)

    expect(answer.status).toBe(403)
    expect(answer.headers['access-control-allow-origin']).toBeUndefined()
    expect(await levels()).toEqual({ level: 'info', components: {} })
  })

  test('is refused to a proxy that says nothing of itself but speaks HTTP/1.0, as nginx does', async () => {
    const text = `PUT /loglevel HTTP/1.0\r\nHost: localhost\r\nContent-Length: ${debug.length}\r\n\r\n${debug}`

    expect(await askRaw(text)).toMatch(/^HTTP\/1\.1 403 /)
    expect(await levels()).toEqual({ level: 'info', components: {} })
  })

  test('does not tell a browser that another page may ask', async () => {
    const answer = await ask('/loglevel', {
      method: 'OPTIONS',
      headers: {
        host: `localhost:${port}`,
        origin: 'http://localhost:3000',
        'access-control-request-method': 'PUT',
      },
    })

    expect(answer.status).toBe(405)
    expect(Object.keys(answer.headers).join()).not.toMatch(/access-control/)
  })

  test.each(['POST', 'DELETE', 'PATCH', 'TRACE'])('%s changes nothing', async (method) => {
    // Node sends a body with those two only.
    const hasBody = ['POST', 'PATCH'].includes(method)
    const answer = await ask('/loglevel', { method }, hasBody ? debug : undefined)

    expect(answer.status).toBe(405)
    expect(answer.headers.allow).toBe('GET, HEAD, PUT')
    expect(await levels()).toEqual({ level: 'info', components: {} })
  })

  test('a body of 20 MB is read to its end and refused', async () => {
    const answer = await ask('/loglevel', { method: 'PUT' }, ' '.repeat(20_000_000) + debug)

    expect(answer.status).toBe(400)
    expect(await levels()).toEqual({ level: 'info', components: {} })
  })

  test.each(['{"level":"trace"}', '{"level":"DEBUG"}', '{"level":["debug"]}', '{}', '[]', '7'])(
    'a level that there is not (%s) is refused with those that there are',
    async (body) => {
      const answer = await ask('/loglevel', { method: 'PUT' }, body)

      expect(answer.status).toBe(400)
      expect(answer.body.toString()).toContain('debug')
      expect(await levels()).toEqual({ level: 'info', components: {} })
    },
  )

  test('a component that there is not yet may have a level, but not any number of them', async () => {
    for (let index = 0; index < 1_100; index += 1) {
      const body = JSON.stringify({ level: 'debug', component: `unknown${index}` })
      expect((await ask('/loglevel', { method: 'PUT' }, body)).status).toBeLessThan(500)
    }
    const { components } = (await levels()) as { components: object }
    expect(Object.keys(components)).toHaveLength(1_000)

    for (const component of Object.keys(components)) {
      await ask('/loglevel', { method: 'PUT' }, JSON.stringify({ level: 'default', component }))
    }
    expect(await levels()).toEqual({ level: 'info', components: {} })
  }, 120_000)
})

describe('accept-encoding', () => {
  test.each([
    ['gzip', true],
    ['GZip', true],
    ['gzip;q=0.5', true],
    ['gzip ; Q=0.001', true],
    ['deflate, gzip;q=1.0, *;q=0.5', true],
    ['*', true],
    ['br;q=1, *;q=0.1', true],
    ['', false],
    ['identity', false],
    ['gzip;q=0', false],
    ['GZIP;Q=0', false],
    ['gzip;q=0.000', false],
    ['gzip; q=0, *;q=1', false],
    ['*;q=0', false],
    ['identity, *;q=0', false],
    ['deflate', false],
    ['gzipped', false],
    // What says nothing that can be read is no yes.
    ['gzip;q=', false],
    ['gzip;q=high', false],
    ['gzip;q=-1', false],
    [';;,,;q=1', false],
  ])('%j: compressed %s, and the same text either way', async (accepted, isCompressed) => {
    const answer = await ask('/metrics', { headers: { 'accept-encoding': accepted } })

    expect(answer.headers['content-encoding']).toBe(isCompressed ? 'gzip' : undefined)
    expect(answer.headers['vary']).toBe('accept-encoding')
    expect(answer.headers['content-length']).toBe(String(answer.body.length))
    const text = isCompressed ? gunzipSync(answer.body) : answer.body
    expect(text.toString().match(/^large_total\{/gm)).toHaveLength(5_000)
  })

  test('HEAD with gzip has the headers of GET and nothing else', async () => {
    const headers = { 'accept-encoding': 'gzip' }
    const head = await ask('/metrics', { method: 'HEAD', headers })

    expect(head.status).toBe(200)
    expect(head.headers).toMatchObject({ 'content-encoding': 'gzip', vary: 'accept-encoding' })
    expect(Number(head.headers['content-length'])).toBeGreaterThan(1_000)
    expect(head.body).toHaveLength(0)
  })
})

const sockets = (): number =>
  readdirSync(`/proc/${app.process.pid}/fd`).filter((fd) => {
    try {
      return readlinkSync(`/proc/${app.process.pid}/fd/${fd}`).startsWith('socket:')
    } catch {
      return false
    }
  }).length
const memory = async (): Promise<number> => {
  const [, mebibytes] = /^process_heap_mebibytes (\S+)$/m.exec(
    (await ask('/metrics')).body.toString(),
  )!
  return Number(mebibytes)
}

const hangUp = async (after: number, gzip: boolean): Promise<void> =>
  new Promise((resolve) => {
    const socket: Socket = connect(port, '127.0.0.1', () => {
      socket.write(
        `GET /metrics HTTP/1.1\r\nHost: x\r\n${gzip ? 'Accept-Encoding: gzip\r\n' : ''}\r\n`,
      )
      if (after === 0) socket.resetAndDestroy()
      else if (after === 1) setTimeout(() => socket.resetAndDestroy(), 5)
    })
    // In the middle: some of the answer has come.
    socket.on('data', () => socket.resetAndDestroy())
    socket.on('error', () => undefined).on('close', () => resolve())
  })

/** Hangs up before, at once after and in the middle of the answer. */
const round = async (): Promise<void> => {
  for (let index = 0; index < 300; index += 1) await hangUp(index % 3, index % 2 === 0)
}

describe('a scraper', () => {
  test('that hangs up again and again, before or in the middle of the answer, leaves nothing behind', async () => {
    await round()
    const [socketsBefore, memoryBefore] = [sockets(), await memory()]
    await round()
    await expect.poll(sockets, { timeout: 20_000 }).toBeLessThanOrEqual(socketsBefore)

    expect((await memory()) - memoryBefore).toBeLessThan(15)
    const { status, body } = await ask('/metrics')
    expect(status).toBe(200)
    expect(body.toString().match(/^large_total\{/gm)).toHaveLength(5_000)
  }, 120_000)

  test('that never reads costs others nothing', async () => {
    const before = await memory()
    const slow = Array.from({ length: 50 }, () => {
      const socket = connect(port, '127.0.0.1', () =>
        socket.write('GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n'),
      )
      socket.pause().on('error', () => undefined)
      return socket
    })
    await sleep(1_000)
    const startedAt = performance.now()
    const { status } = await ask('/metrics')

    expect(status).toBe(200)
    expect(performance.now() - startedAt).toBeLessThan(10_000)
    expect((await memory()) - before).toBeLessThan(100)
    for (const socket of slow) socket.destroy()
  }, 60_000)

  test('that never reads does not keep its connection for ever', async () => {
    const text = 'x'.repeat(30_000_000)
    const said: string[] = []
    const server = startAdminServer(
      { host: '127.0.0.1', port: 0, hostSetting: 'HOST', portSetting: 'PORT', idleMillis: 500 },
      { '/large': () => textAnswer(200, text) },
      createReporter((line) => said.push(line)),
    )
    await expect.poll(() => server.url()).toBeDefined()
    const { port: at } = new URL(server.url()!)
    const slow = connect(Number(at), '127.0.0.1', () =>
      slow.write('GET /large HTTP/1.1\r\nHost: x\r\n\r\n'),
    )
    slow.pause()
    // It learns of the end only by reading: whether the connection is there is asked of the other side.
    await expect.poll(async () => server.connections(), { timeout: 10_000 }).toBe(1)
    await expect.poll(async () => server.connections(), { timeout: 10_000 }).toBe(0)

    slow.destroy()
    await server.close()
    expect(said).toEqual([expect.stringMatching(/metrics on/)])
  }, 60_000)

  test('says nothing on stderr, whatever it did', async () => {
    app.process.kill('SIGTERM')
    const { stderr } = await app.ended()

    expect(
      stderr.split('\n').filter((line) => line !== '' && !line.includes('metrics on')),
    ).toEqual([])
  })
})
