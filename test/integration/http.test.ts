import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { toPlainMembers } from '../support/audit/plain-values.ts'
import { readReference } from '../support/audit/reference-reader.ts'
import { startOtlpReceiver, type OtlpReceiver, type ReceivedLog } from '../support/otlp-receiver.ts'
import { runApp, startApp, type RunningApp } from '../support/run-app.ts'
import { labelled, series } from './support/scraped-series.ts'

const FRAMEWORKS = ['fastify', 'express', 'koa', 'hono', 'node-http']
const CLAIM = '/api/v1/quizzes/:id/claim'
const REQUEST_ID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

/** A server of one framework, with what it said about itself. */
interface Server extends AsyncDisposable {
  readonly url: string
  readonly receiver: OtlpReceiver
  scrape(): Promise<string>
  stderr(): string
  /** Log records of a component, once there are so many. */
  logsOf(component: string, count: number): Promise<readonly ReceivedLog[]>
  stop(): Promise<void>
}

async function start(framework: string, environment: Record<string, string> = {}): Promise<Server> {
  const receiver = await startOtlpReceiver()
  const app: RunningApp = startApp(`http/${framework}.mjs`, {
    OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
    TELLTALE_AUDIT_ENDPOINT: receiver.url,
    OTEL_BLRP_SCHEDULE_DELAY: '50',
    OTEL_BSP_SCHEDULE_DELAY: '50',
    ...environment,
  })
  let stderr = ''
  app.process.stderr!.on('data', (text: string) => {
    stderr += text
  })
  const [, url] = await app.said(/listening at (http:\S+)/)
  const [metrics] = await app.said(/http:\/\/127\.0\.0\.1:\d+\/metrics/)
  const stop = async (): Promise<void> => {
    app.process.kill('SIGTERM')
    await app.ended()
  }
  return {
    url: url!,
    receiver,
    stderr: () => stderr,
    scrape: async () => (await fetch(metrics)).text(),
    async logsOf(component, count) {
      const found = (): ReceivedLog[] => receiver.logs.filter(({ scope }) => scope === component)
      await expect.poll(() => found().length, { timeout: 20_000 }).toBeGreaterThanOrEqual(count)
      return found()
    },
    stop,
    async [Symbol.asyncDispose]() {
      await stop()
      await receiver[Symbol.asyncDispose]()
    },
  }
}

const claim = (url: string, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(`${url}/api/v1/quizzes/42/claim?secret=1`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-user': 'ada', ...headers },
    body: '{"answer":42}',
  })

/** Ids of the requests that the test of security events makes. */
const IDS = new Set(['refused', 'missing', 'below'])

const ask = ({ url }: Server, path: string, id: string, headers = {}): Promise<Response> =>
  fetch(url + path, { headers: { 'x-request-id': id, ...headers } })

describe.each(FRAMEWORKS)('%s with its adapter', (framework) => {
  let server: Server
  beforeAll(async () => {
    server = await start(framework, { TELLTALE_BAGGAGE_HOSTS: '127.0.0.1' })
  })
  afterAll(() => server[Symbol.asyncDispose]())

  test('one request is one line, one count, one span, and all that it did belongs to it', async () => {
    const response = await claim(server.url, {
      'x-request-id': 'given-1',
      'x-tenant': 'tenant-1',
      'x-user': 'ada',
      'x-forwarded-for': '203.0.113.7',
      'user-agent': 'test/1',
    })

    expect(response.status).toBe(200)
    expect(response.headers.get('x-request-id')).toBe('given-1')
    // The tenant goes to the listed host, by fetch() and by node:http.
    expect(await response.json()).toEqual({
      id: '42',
      headers: { byFetch: 'tenant_id=tenant-1', byHttp: 'tenant_id=tenant-1' },
    })
    const [line] = await server.logsOf('access', 1)
    expect(line).toMatchObject({ body: 'request', severityNumber: 9 })
    expect(line!.attributes).toMatchObject({
      request_id: 'given-1',
      method: 'POST',
      path: '/api/v1/quizzes/42/claim',
      status: 200,
      user: 'ada',
      ip: '203.0.113.7',
      duration_ms: expect.any(Number),
    })
    expect(Number.isInteger(line!.attributes['duration_ms'])).toBe(true)
    await expect
      .poll(() => server.receiver.spans.filter(({ kind }) => kind === 2).length, {
        timeout: 20_000,
      })
      .toBe(3)
    const spans = server.receiver.spans
    const span = spans.find(({ name }) => name === `POST ${CLAIM}`)
    expect(span?.attributes).toMatchObject({
      'http.route': CLAIM,
      'http.response.status_code': 200,
      'client.address': '203.0.113.7',
      tenant_id: 'tenant-1',
      request_id: 'given-1',
    })
    expect(line!.traceId).toBe(span!.traceId)
    // What it called is part of it.
    const calls = spans.filter(({ kind }) => kind === 3)
    expect(calls.map(({ attributes }) => attributes['tenant_id'])).toEqual(['tenant-1', 'tenant-1'])
    const recorded = () =>
      server.receiver.auditRecords.find(({ eventName }) => eventName === 'quiz_claimed')
    await expect.poll(recorded, { timeout: 20_000 }).toBeDefined()
    const { record } = readReference(recorded()!.evidence)
    expect(toPlainMembers(record.attributes)).toMatchObject({
      'audit.actor.id': 'ada',
      'audit.source.id': '203.0.113.7',
      'audit.request.id': 'given-1',
      'user_agent.original': 'test/1',
      tenant_id: 'tenant-1',
    })
    expect(series(await server.scrape(), 'http_requests_total')).toEqual({
      [labelled('POST', CLAIM, 200)]: 1,
    })
  })

  test('an id that could be an attack is replaced, and so is none', async () => {
    for (const headers of [{}, { 'x-request-id': '=cmd|calc' }, { 'x-request-id': 'a b' }]) {
      const response = await fetch(`${server.url}/forbidden`, { headers })
      expect(response.headers.get('x-request-id')).toMatch(REQUEST_ID)
    }
  })

  test('refusals are security events; other failures are, below the listed paths', async () => {
    await ask(server, '/forbidden', 'refused', { 'x-user': 'eve x=1' })
    await ask(server, '/nowhere/17', 'missing')
    await ask(server, '/api/v1/auth/token', 'below')
    const found = (): ReceivedLog[] =>
      server.receiver.logs.filter(
        (log) => log.scope === 'security' && IDS.has(String(log.attributes['request_id'])),
      )
    await expect.poll(() => found().length, { timeout: 20_000 }).toBe(2)
    const events = found()

    expect(events.map(({ severityNumber }) => severityNumber)).toEqual([13, 13])
    expect(events[0]!.body).toMatch(
      /^security_event path=\/forbidden method=GET status=403 user=eve%20x=1 ip=127\.0\.0\.1 duration_ms=\d+$/,
    )
    expect(events[1]!.body).toMatch(
      /^security_event path=\/api\/v1\/auth\/token method=GET status=400 user=anonymous ip=127\.0\.0\.1 duration_ms=\d+$/,
    )
  })

  test('what is not there makes no series of its own, and probes make none at all', async () => {
    await fetch(`${server.url}/wp-admin/${Date.now()}`)
    await fetch(`${server.url}/wp-login`)
    await fetch(`${server.url}/forbidden`, { headers: { 'x-probe': 'yes' } })

    const counted = series(await server.scrape(), 'http_requests_total')
    expect(Object.keys(counted).filter((labels) => labels.includes('wp-'))).toEqual([])
    expect(counted[labelled('GET', 'unmatched', 404)]).toBe(3)
    expect(counted[labelled('GET', '/echo', 200)]).toBeUndefined()
  })

  test('a handler that throws is counted and logged with its error', async () => {
    const response = await fetch(`${server.url}/fail`, { headers: { 'x-request-id': 'failing-1' } })
    expect(response.status).toBe(500)
    expect(response.headers.get('x-request-id')).toBe('failing-1')

    const [failure] = await server.logsOf('http', 1)
    expect(failure).toMatchObject({ body: 'request failed', severityNumber: 17 })
    expect(failure!.attributes).toMatchObject({
      request_id: 'failing-1',
      route: '/fail',
      'exception.message': 'out of order',
    })
    expect(series(await server.scrape(), 'http_requests_total')).toMatchObject({
      [labelled('GET', '/fail', 500)]: 1,
    })
  })

  test('a client that goes away before the response is counted once, as 499', async () => {
    const gone = new AbortController()
    const asked = fetch(`${server.url}/hang`, { signal: gone.signal }).catch(() => 'gone')
    await expect
      .poll(async () => series(await server.scrape(), 'http_requests_in_flight')[''], {
        timeout: 20_000,
      })
      .toBe(1)
    gone.abort()

    expect(await asked).toBe('gone')
    await expect
      .poll(async () => series(await server.scrape(), 'http_requests_in_flight')[''], {
        timeout: 20_000,
      })
      .toBe(0)
    expect(series(await server.scrape(), 'http_requests_total')).toMatchObject({
      [labelled('GET', '/hang', 499)]: 1,
    })
  })

  test('a stream is counted once, at its end; one that nobody reads to its end as well', async () => {
    expect(await (await fetch(`${server.url}/stream`)).text()).toBe('one\ntwo\nthree\n')
    await readFirstByte(server.url, '/stream')

    await expect
      .poll(
        async () => {
          const text = await server.scrape()
          const inFlight = series(text, 'http_requests_in_flight')['']
          return [inFlight, series(text, 'http_requests_total')[labelled('GET', '/stream', 200)]]
        },
        { timeout: 20_000 },
      )
      .toEqual([0, 2])
  })

  test('pipelined requests on a connection that breaks are all over', async () => {
    const before = series(await server.scrape(), 'http_requests_total')
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1')
    socket.on('error', () => undefined)
    socket.write('GET /hang HTTP/1.1\r\nHost: a\r\n\r\nGET /forbidden HTTP/1.1\r\nHost: a\r\n\r\n')
    await expect
      .poll(async () => series(await server.scrape(), 'http_requests_in_flight')[''], {
        timeout: 20_000,
      })
      .toBeGreaterThan(0)
    socket.destroy()

    await expect
      .poll(async () => series(await server.scrape(), 'http_requests_in_flight')[''], {
        timeout: 20_000,
      })
      .toBe(0)
    const after = series(await server.scrape(), 'http_requests_total')
    const hung = labelled('GET', '/hang', 499)
    expect(after[hung]! - (before[hung] ?? 0)).toBe(1)
    // Its answer waited for the one before it, and was never sent.
    const waited = labelled('GET', '/forbidden', 499)
    expect((after[waited] ?? 0) - (before[waited] ?? 0)).toBe(1)
  })

  test('the span of the first request on a connection that breaks has its route', async () => {
    await readFirstByte(server.url, '/stream?broken=1')

    const spanOf = () =>
      server.receiver.spans.find(({ attributes }) => attributes['url.query'] === 'broken=1')
    await expect.poll(spanOf, { timeout: 20_000 }).toBeDefined()
    expect(spanOf()!.attributes['http.route']).toBe('/stream')
    expect(server.stderr()).not.toContain('ended Span')
  })

  test('HEAD and OPTIONS are counted like any other', async () => {
    await fetch(`${server.url}/forbidden`, { method: 'HEAD' })
    await fetch(`${server.url}/forbidden`, { method: 'OPTIONS' })

    const counted = Object.keys(series(await server.scrape(), 'http_requests_total'))
    expect(counted.some((labels) => labels.startsWith('method="HEAD"'))).toBe(true)
    expect(counted.some((labels) => labels.startsWith('method="OPTIONS"'))).toBe(true)
  })
})

/** Asks for a web socket where there is none; all that is answered. */
async function askForSocket(url: string, path: string): Promise<string> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1').setEncoding('utf8')
  socket.write(
    `GET ${path} HTTP/1.1\r\nHost: here\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`,
  )
  let text = ''
  for await (const part of socket) {
    text += String(part)
    if (text.includes('three')) break
  }
  return text
}

/** Asks, and breaks the connection when the first part of the answer is there. */
async function readFirstByte(url: string, path: string): Promise<void> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1')
  socket.write(`GET ${path} HTTP/1.1\r\nHost: here\r\n\r\n`)
  await new Promise((resolve) => socket.once('data', resolve))
  socket.destroy()
}

test.each(FRAMEWORKS)('%s with the adapter registered twice counts once', async (framework) => {
  await using server = await start(framework, { ADAPTER: 'twice' })

  await claim(server.url)

  expect(await server.logsOf('access', 1)).toHaveLength(1)
  expect(series(await server.scrape(), 'http_requests_total')).toEqual({
    [labelled('POST', CLAIM, 200)]: 1,
  })
})

test.each(['fastify', 'express', 'koa', 'hono'])(
  '%s with the preload alone has the route on its span and its metric',
  async (framework) => {
    await using server = await start(framework, { ADAPTER: 'none' })

    await claim(server.url)
    await fetch(`${server.url}/nowhere/17`)
    const text = await server.scrape()
    await server.stop()

    const spans = server.receiver.spans.filter(({ kind }) => kind === 2)
    expect(spans.map(({ name }) => name).toSorted()).toEqual([
      'GET',
      'GET /echo',
      'GET /echo',
      `POST ${CLAIM}`,
    ])
    const counted = series(text, 'http_server_request_duration_seconds_count')
    expect(Object.keys(counted).some((labels) => labels.includes(`http_route="${CLAIM}"`))).toBe(
      true,
    )
    expect(JSON.stringify(counted)).not.toContain('17')
  },
)

test('baggage goes to no host that is not listed', async () => {
  await using server = await start('express', { TELLTALE_BAGGAGE_HOSTS: 'localhost,127.0.0.2' })

  const response = await claim(server.url, { 'x-tenant': 'tenant-1' })

  expect(await response.json()).toMatchObject({ headers: { byFetch: null, byHttp: null } })
})

test.each([
  ['false', null],
  ['true', 'tenant_id=of-the-caller'],
])('with TELLTALE_BAGGAGE_ACCEPT=%s the tenant of a caller is %s', async (accept, passedOn) => {
  await using server = await start('koa', {
    TELLTALE_BAGGAGE_HOSTS: '*',
    TELLTALE_BAGGAGE_ACCEPT: accept,
  })

  const response = await claim(server.url, { baggage: 'tenant_id=of-the-caller,email=a@b.example' })

  expect(await response.json()).toMatchObject({ headers: { byFetch: passedOn, byHttp: passedOn } })
})

describe('upgrades', () => {
  test.each([
    ['/chat', 101],
    ['/refused', 401],
  ])('of %s are counted once, with what was answered: %i', async (path, status) => {
    await using server = await start('node-http')
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1')
    socket.write(
      `GET ${path} HTTP/1.1\r\nHost: here\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`,
    )
    const answer = await new Promise((resolve) => socket.once('data', resolve))

    const text = await server.scrape()
    expect(String(answer)).toMatch(new RegExp(`^HTTP/1.1 ${status} `))
    expect(series(text, 'http_requests_total')).toEqual({
      [labelled('GET', 'unmatched', status)]: 1,
    })
    expect(series(text, 'http_requests_in_flight')).toEqual({ '': 0 })
    socket.destroy()
  })
})

test.each(['fastify', 'express', 'koa', 'hono'])(
  'an ordinary request to %s that says it wants a web socket is over when its response is',
  async (framework) => {
    await using server = await start(framework)

    expect(await askForSocket(server.url, '/stream')).toMatch(/three/)

    const [line] = await server.logsOf('access', 1)
    expect(line!.attributes).toMatchObject({ path: '/stream', status: 200 })
    // Its three parts take 40 ms.
    expect(line!.attributes['duration_ms']).toBeGreaterThanOrEqual(30)
  },
)

test('what is sent after an upgrade passes untouched', async () => {
  await using server = await start('node-http')
  const socket = connect(Number(new URL(server.url).port), '127.0.0.1')
  const next = () => new Promise((resolve) => socket.once('data', resolve)).then(String)
  socket.write('GET / HTTP/1.1\r\nHost: here\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n')
  expect(await next()).toMatch(/^HTTP\/1.1 101 /)
  socket.write('ping')

  expect(await next()).toBe('ping')
  socket.destroy()
})

test.each(['fastify', 'express', 'koa', 'hono', 'tiny'])(
  '%s loaded by require() with the preload alone has the route on its span',
  async (framework) => {
    await using receiver = await startOtlpReceiver()

    const app = await runApp('http/preload.cjs', {
      FRAMEWORK: framework,
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
    })

    expect(app.stdout).toBe('17\n')
    const names = receiver.spans.filter(({ kind }) => kind === 2).map(({ name }) => name)
    expect(names).toEqual(['GET /quizzes/:id', 'GET'])
  },
)

describe.each(['none', 'once'])('routes that are easy to get wrong, adapter: %s', (ADAPTER) => {
  test.each([
    ['fastify', ['GET /wallets/:id', 'GET']],
    ['hono', ['GET /wallets/:id', 'GET /proxy/*', 'GET /inner/*', 'GET']],
    ['tiny', ['GET /wallets/:id', 'GET']],
    ['quick', ['GET /wallets/:id', 'GET']],
    ['koa', ['GET /wallets/:id', 'GET /admin/wallets/:id', 'GET /admin/wallets', 'GET']],
  ])('of %s are right', async (framework, expected) => {
    await using receiver = await startOtlpReceiver()

    const { code } = await runApp('http/routes.mjs', {
      ADAPTER,
      FRAMEWORK: framework,
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
    })

    expect(code).toBe(0)
    const servers = receiver.spans.filter(({ kind }) => kind === 2)
    expect(servers.map(({ name }) => name)).toEqual(expected)
  })
})
