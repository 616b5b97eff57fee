import { connect as connect2, constants, type ClientHttp2Session } from 'node:http2'
import { connect } from 'node:net'
import { expect, test } from 'vitest'
import { startOtlpReceiver, type ReceivedLog } from '../support/otlp-receiver.ts'
import { startApp } from '../support/run-app.ts'
import { labelled, series } from './support/scraped-series.ts'

async function start(fixture: string, framework: string) {
  const resources = new AsyncDisposableStack()
  const receiver = resources.use(await startOtlpReceiver())
  const app = startApp(`http/${fixture}.mjs`, {
    FRAMEWORK: framework,
    OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
    OTEL_BLRP_SCHEDULE_DELAY: '50',
  })
  resources.defer(async () => {
    app.process.kill('SIGTERM')
    await app.ended()
  })
  const [, url] = await app.said(/listening at (http:\S+)/)
  const [metrics] = await app.said(/http:\/\/127\.0\.0\.1:\d+\/metrics/)
  const scrape = async (): Promise<string> => (await fetch(metrics)).text()
  return {
    url: url!,
    counted: async () => series(await scrape(), 'http_requests_total'),
    inFlight: async () => series(await scrape(), 'http_requests_in_flight')[''],
    logsOf: (component: string): ReceivedLog[] =>
      receiver.logs.filter(({ scope }) => scope === component),
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  }
}

const patient = { timeout: 30_000 }

interface Answer {
  readonly status: unknown
  readonly id: unknown
  readonly body: string
}

/** One request of HTTP/2, to its end. */
function ask(session: ClientHttp2Session, headers: object, body?: string): Promise<Answer> {
  const stream = session.request({ ...headers })
  stream.setEncoding('utf8')
  const { promise, resolve, reject } = Promise.withResolvers<Answer>()
  let answer: { status?: unknown; id?: unknown } = {}
  let text = ''
  stream.on(
    'response',
    (given) => (answer = { status: given[':status'], id: given['x-request-id'] }),
  )
  stream.on('data', (chunk: string) => (text += chunk))
  stream.on('end', () => resolve({ status: answer.status, id: answer.id, body: text }))
  stream.on('error', reject)
  stream.end(body)
  return promise
}

/** A request that the client takes back once it is under way. */
function open(session: ClientHttp2Session, path: string): { cancel(): void } {
  const stream = session.request({ ':path': path })
  stream.on('error', () => undefined)
  return { cancel: () => stream.close(constants.NGHTTP2_CANCEL) }
}

test.each(['fastify', 'koa', 'hono', 'node'])(
  'requests of HTTP/2 through %s are counted, logged and ended like any other',
  async (framework) => {
    await using server = await start('http2', framework)
    const session = connect2(server.url)
    session.on('error', () => undefined)

    const asked = { ':method': 'POST', ':path': '/wallets/17?x=1', 'x-tenant': 'tenant-1' }
    const headers = { ...asked, ':path': '/wallets/17', 'content-type': 'text/plain' }
    const answer = await ask(session, { ...headers, 'x-request-id': 'two-1' }, 'coins')
    expect(answer).toEqual({ status: 200, id: 'two-1', body: 'coins of tenant-1' })
    // The body was read in listeners of the stream: the handler still knows whose request it is.
    await expect.poll(() => server.logsOf('wallets').length, patient).toBe(1)
    expect(server.logsOf('wallets')[0]!.attributes).toMatchObject({
      request_id: 'two-1',
      tenant_id: 'tenant-1',
    })
    await expect.poll(() => server.logsOf('access').length, patient).toBe(1)
    expect(server.logsOf('access')[0]!.attributes).toMatchObject({
      request_id: 'two-1',
      path: '/wallets/17',
      status: 200,
      ip: '127.0.0.1',
    })
    expect(await ask(session, { ':path': '/stream' })).toMatchObject({ body: 'one\ntwo\nthree\n' })
    expect(await ask(session, { ':path': '/nowhere/17' })).toMatchObject({ status: 404 })

    const hung = open(session, '/hang')
    await expect.poll(server.inFlight, patient).toBe(1)
    hung.cancel()
    await expect.poll(server.inFlight, patient).toBe(0)
    // A connection that ends with several requests under way ends them all.
    open(session, '/hang')
    open(session, '/hang')
    await expect.poll(server.inFlight, patient).toBe(2)
    session.destroy()
    await expect.poll(server.inFlight, patient).toBe(0)

    expect(await server.counted()).toEqual({
      [labelled('POST', '/wallets/:id', 200)]: 1,
      [labelled('GET', '/stream', 200)]: 1,
      [labelled('GET', 'unmatched', 404)]: 1,
      [labelled('GET', '/hang', 499)]: 3,
    })
  },
)

/** Asks for a web socket by hand; what came back first, and the connection. */
async function upgrade(url: string, path: string) {
  const socket = connect(Number(new URL(url).port), '127.0.0.1')
  const next = (): Promise<string> =>
    new Promise((resolve) => socket.once('data', (data) => resolve(String(data))))
  socket.write(
    `GET ${path} HTTP/1.1\r\nHost: here\r\nConnection: Upgrade\r\nUpgrade: WebSocket\r\n\r\n`,
  )
  return { socket, next, answer: await next() }
}

test.each(['fastify', 'hono'])(
  'web sockets through %s are counted once, with what was answered',
  async (framework) => {
    await using server = await start('sockets', framework)

    const { socket, next, answer } = await upgrade(server.url, '/chat/7')
    expect(answer).toMatch(/^HTTP\/1.1 101 /)
    socket.write('HTTP/1.1 500 is only a message now')
    expect(await next()).toBe('HTTP/1.1 500 is only a message now')
    const refused = await upgrade(server.url, '/refused/7')
    expect(refused.answer).toMatch(/^HTTP\/1.1 401 /)
    refused.socket.destroy()
    expect(await (await fetch(`${server.url}/chat/7`)).text()).toBe('chat')

    await expect.poll(server.inFlight, patient).toBe(0)
    expect(await server.counted()).toEqual({
      [labelled('GET', '/chat/:room', 101)]: 1,
      [labelled('GET', '/chat/:room', 200)]: 1,
      [labelled('GET', '/refused/:room', 401)]: 1,
    })
    socket.destroy()
  },
)
