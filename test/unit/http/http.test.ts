import { EventEmitter } from 'node:events'
import {
  context,
  diag,
  DiagLogLevel,
  INVALID_SPAN_CONTEXT,
  logs,
  ROOT_CONTEXT,
  trace,
} from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import {
  InMemoryLogRecordExporter,
  LoggerProvider,
  SimpleLogRecordProcessor,
} from '@opentelemetry/sdk-logs'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import {
  countRequests,
  createHttpTelemetry,
  failRequest,
  gaugeRequests,
  templatePath,
  timeRequests,
  toAccessLine,
  type HttpOptions,
  type RequestFacts,
} from '../../../src/http/http.ts'
import { auditContextOf } from '../../../src/audit/audit-context.ts'
import { requestIdOf } from '../../../src/propagation/propagation.ts'
import { tenantOf } from '../../../src/tenancy/tenancy.ts'

const exporter = new InMemoryLogRecordExporter()
const said: unknown[][] = []

const say = (...words: unknown[]): void => void said.push(words)

beforeAll(() => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
  logs.setGlobalLoggerProvider(
    new LoggerProvider({ processors: [new SimpleLogRecordProcessor({ exporter })] }),
  )
  diag.setLogger(
    { error: say, warn: say, info: say, debug: say, verbose: say },
    { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true },
  )
})
afterEach(() => {
  exporter.reset()
  said.length = 0
})
afterAll(() => {
  context.disable()
  logs.disable()
  diag.disable()
})

class Socket extends EventEmitter {
  readonly remoteAddress = '192.0.2.1'
}

class Response extends EventEmitter {
  statusCode = 200
  headersSent = false
  readonly headers: Record<string, string> = {}
  setHeader(name: string, value: string): void {
    this.headers[name] = value
  }
}

interface Given {
  readonly headers?: Record<string, string>
  readonly url?: string
  readonly method?: string
  readonly route?: string
  readonly socket?: Socket
}

function begin(options: HttpOptions<unknown>, given: Given = {}) {
  const { headers = {}, url = '/', method = 'GET', socket = new Socket() } = given
  const raw = { headers, url, method, socket }
  const response = new Response()
  const exchange = createHttpTelemetry(options).begin(raw, response, raw, () => given.route)
  return { raw, response, exchange }
}

const records = () =>
  exporter.getFinishedLogRecords().map(({ body, attributes }) => ({ body, attributes }))

/** Options that keep what metrics are told. */
function keeping(options: HttpOptions<unknown> = {}) {
  const finished: RequestFacts[] = []
  const feed = { finished: (facts: RequestFacts) => void finished.push(facts) }
  return { finished, options: { ...options, metrics: [feed] } }
}

test('instruments of the application are fed with its names and labels', () => {
  const calls: unknown[][] = []
  const note =
    (name: string) =>
    (...values: unknown[]): void =>
      void calls.push([name, ...values])
  const options: HttpOptions<unknown> = {
    metrics: [
      gaugeRequests({ add: note('inFlight') }),
      countRequests({ add: note('requests') }, ({ method, route, status }) => ({
        method,
        endpoint: route,
        status: `${status}`,
      })),
      countRequests(
        { add: note('errors') },
        ({ tenant }) => ({ tenant }),
        ({ status }) => status >= 500,
      ),
      timeRequests({ record: note('duration') }, ({ method }) => ({ method })),
    ],
    tenant: () => 'tenant-1',
  }

  const { response } = begin(options, { route: '/wallets/:id' })
  response.emit('finish')
  response.emit('close')
  const failed = begin(options, { method: 'PROPFIND' })
  failed.response.statusCode = 503
  failed.response.emit('finish')

  const seconds = expect.any(Number)
  expect(calls).toEqual([
    ['inFlight', 1],
    ['inFlight', -1],
    ['requests', 1, { method: 'GET', endpoint: '/wallets/:id', status: '200' }],
    ['duration', seconds, { method: 'GET' }],
    ['inFlight', 1],
    ['inFlight', -1],
    ['requests', 1, { method: '_OTHER', endpoint: 'unmatched', status: '503' }],
    ['errors', 1, { tenant: 'tenant-1' }],
    ['duration', seconds, { method: '_OTHER' }],
  ])
})

function fail(): never {
  throw new Error('of the application')
}

test('every callback may throw: the request goes on, the rest is told, each cause is said', () => {
  const finished: RequestFacts[] = []
  let inFlight = 0
  const { response, exchange } = begin({
    user: fail,
    tenant: fail,
    ignore: fail,
    unmatchedRoute: fail,
    accessLog: { format: fail },
    metrics: [
      countRequests({ add: () => undefined }, fail),
      gaugeRequests({ add: (value) => void (inFlight += value) }),
      { started: fail, finished: (facts) => void finished.push(facts) },
    ],
  })
  expect(inFlight).toBe(1)
  response.emit('finish')

  expect(requestIdOf(exchange.context)).toMatch(/^[0-9a-f-]{36}$/)
  expect(inFlight).toBe(0)
  expect(finished).toMatchObject([{ route: 'unmatched', status: 200, tenant: undefined }])
  expect([...new Set(said.map(([text]) => String(text)))].toSorted()).toEqual([
    'http: a metric of requests threw; requests go on without it',
    'http: ignore() threw; requests go on without it',
    'http: tenant() threw; requests go on without it',
    'http: the format of the access log threw; requests go on without it',
    'http: unmatchedRoute() threw; requests go on without it',
    'http: user() threw; requests go on without it',
  ])
})

const rejecting = (): never => Promise.reject(new Error('later')) as never

test('what a callback promises and does not keep ends nothing, and is said', async () => {
  const { response } = begin({
    user: rejecting,
    tenant: rejecting,
    ignore: rejecting,
    accessLog: { format: rejecting },
    metrics: [{ started: rejecting, finished: rejecting }],
  })
  response.emit('finish')
  await new Promise((resolve) => setImmediate(resolve))

  expect(said).toContainEqual([
    'http: a metric of requests threw; requests go on without it',
    '(later)',
  ])
})

test('a line of the access log that throws when it is read ends nothing', () => {
  const line = Object.defineProperty({}, 'message', { get: fail })
  const { response } = begin({ accessLog: { format: () => line as never } })

  response.emit('finish')

  expect(said[0]![0]).toBe('http: the format of the access log threw; requests go on without it')
})

test.each([
  ['an object', {}],
  ['a symbol', Symbol('x')],
  ['nothing', undefined],
])('%s is no route', (_what, made) => {
  const { finished, options } = keeping({ unmatchedRoute: () => made as string })
  begin(options, { route: made as string }).response.emit('finish')

  expect(finished[0]!.route).toBe('unmatched')
})

test('a request that was over before anybody followed it is over at once', () => {
  const { finished, options } = keeping()
  const telemetry = createHttpTelemetry(options)
  const follow = (socket: object, response: object): void => {
    const raw = { headers: {}, socket: Object.assign(new Socket(), socket) }
    telemetry.begin(raw, Object.assign(new Response(), response), raw, () => undefined)
  }
  follow({}, { writableFinished: true })
  follow({ destroyed: true }, {})
  follow({}, { destroyed: true, headersSent: true })

  expect(finished.map(({ status, aborted }) => [status, aborted])).toEqual([
    [200, false],
    [499, true],
    [200, true],
  ])
})

test('an error after the status was sent is logged: the response was cut short', () => {
  const { raw, response } = begin({ accessLog: false })
  response.headersSent = true
  failRequest(raw, new Error('half way'))
  response.emit('close')

  expect(records()).toMatchObject([
    { body: 'request failed', attributes: { status: 200, 'exception.message': 'half way' } },
  ])
})

test('an error that the application logs itself is logged once', () => {
  for (const [errorLog, lines] of [
    [false, 0],
    [undefined, 1],
  ] as const) {
    const { raw, response } = begin({ accessLog: false, errorLog })
    response.statusCode = 500
    failRequest(raw, new Error('no disk'))
    response.emit('finish')

    expect(records()).toHaveLength(lines)
  }
})

test('an error of a client that went away is none of the service', () => {
  const { raw, response } = begin({ accessLog: false })
  failRequest(raw, new Error('request aborted'))
  response.emit('close')

  expect(records()).toEqual([])
})

test('a header that came several times is one list, and so no id', () => {
  const { response } = begin({}, { headers: { 'x-request-id': ['a', 'b'] as never } })

  expect(response.headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/)
})

test.each([
  ['a number', 17, '17'],
  ['a big integer', 17n, '17'],
  ['an object', {}, null],
  ['a promise', Promise.resolve('ada'), null],
  ['nothing', undefined, null],
  ['null', null, null],
  ['an empty text', '', null],
  ['a long text', 'x'.repeat(10_000), 'x'.repeat(256)],
])('a user may be %s', (_what, user, expected) => {
  const { response } = begin({ user: () => user as string })
  response.emit('finish')

  expect(records()[0]!.attributes['user']).toBe(expected)
})

test('the record has exactly the fields of system E', () => {
  const { response } = begin({}, { url: '/a?token=x', headers: { 'x-request-id': 'r-1' } })
  response.emit('finish')

  expect(response.headers).toEqual({ 'x-request-id': 'r-1' })
  expect(records()).toEqual([
    {
      body: 'request',
      attributes: {
        component: 'access',
        request_id: 'r-1',
        method: 'GET',
        path: '/a',
        status: 200,
        user: null,
        ip: '192.0.2.1',
        duration_ms: expect.any(Number),
      },
    },
  ])
})

test('the beginning is logged where asked, and lines can be text', () => {
  const { response } = begin(
    { accessLog: { start: true, format: toAccessLine, component: 'lines' }, user: () => 'a b' },
    { url: '/w', headers: { 'x-request-id': 'r-1' } },
  )
  response.emit('finish')

  const [started, line] = records()
  expect(started).toMatchObject({
    body: 'request started',
    attributes: { request_id: 'r-1', method: 'GET', path: '/w', ip: '192.0.2.1' },
  })
  expect(line!.body).toMatch(/^192\.0\.2\.1 a%20b "GET \/w" 200 \d+ms r-1$/)
})

test('it can be turned off', () => {
  begin({ accessLog: false }).response.emit('finish')

  expect(records()).toEqual([])
})

test('a connection that ends tells of every response on it, once', () => {
  const { finished, options } = keeping()
  const socket = new Socket()
  const first = begin(options, { socket })
  const second = begin(options, { socket })
  first.response.headersSent = true
  socket.emit('close')
  first.response.emit('close')
  second.response.emit('close')

  expect(finished.map(({ status, aborted }) => [status, aborted])).toEqual([
    [200, true],
    [499, true],
  ])
})

test('a thousand requests on one connection leave one listener', () => {
  const socket = new Socket()
  for (let count = 0; count < 1_000; count += 1) {
    begin({ accessLog: false }, { socket }).response.emit('finish')
  }

  expect(socket.listenerCount('close')).toBe(1)
})

test('who follows a request a second time changes nothing, but may know the route', () => {
  const { finished, options } = keeping()
  const { raw, response, exchange } = begin(options)

  const again = createHttpTelemetry(options).begin(raw, response, raw, () => '/inner')
  response.emit('finish')

  expect(again).toBe(exchange)
  expect(finished.map(({ route }) => route)).toEqual(['/inner'])
})

test('a path can stand for the route that is missing', () => {
  const { finished, options } = keeping({ unmatchedRoute: templatePath })
  begin(options, { url: '/courses/17?x' }).response.emit('finish')

  expect(finished[0]!.route).toBe('/courses/{id}')
})

test('another header can carry the id', () => {
  const headers = { 'x-correlation-id': 'c-1', 'x-request-id': 'r-1' }
  const { response } = begin({ requestIdHeader: 'X-Correlation-Id' }, { headers })

  expect(response.headers).toEqual({ 'X-Correlation-Id': 'c-1' })
})

test('a tenant that can be none is none, in the context and for metrics', () => {
  const { finished, options } = keeping({ tenant: () => 'a|b' })
  const { exchange, response } = begin(options)
  response.emit('finish')

  expect(tenantOf(exchange.context)).toBeUndefined()
  expect(finished[0]!.tenant).toBeUndefined()
  expect(said[0]![0]).toMatch(/^a tenant id must be/)
})

test('a tenant that is known at the end only is told to metrics, and stands on the span', () => {
  let known: string | undefined
  const { finished, options } = keeping({ tenant: () => known })
  const attributes: Record<string, unknown> = {}
  const span = trace.wrapSpanContext(INVALID_SPAN_CONTEXT)
  span.isRecording = () => true
  span.setAttribute = (key, value) => {
    attributes[key] = value
    return span
  }
  const { response } = context.with(trace.setSpan(ROOT_CONTEXT, span), () => begin(options))
  expect(attributes).not.toHaveProperty('tenant_id')
  known = 'tenant-1'
  response.emit('finish')

  expect(finished[0]!.tenant).toBe('tenant-1')
  expect(attributes).toMatchObject({ tenant_id: 'tenant-1' })
})

test('a request that cannot be followed runs all the same', () => {
  const broken = new Proxy({}, { get: fail })
  const telemetry = createHttpTelemetry({})

  const { context: given } = telemetry.begin(broken as never, undefined, {}, () => undefined)

  expect(given).toBe(ROOT_CONTEXT)
  expect(said[0]![0]).toBe('http: the beginning of a request threw; requests go on without it')
})

test('what is set for a request is not there outside of it', () => {
  begin({ tenant: () => 'tenant-1' })

  expect(requestIdOf(ROOT_CONTEXT)).toBeUndefined()
  expect(tenantOf(context.active())).toBeUndefined()
})

test('what outlives a request is told who acted in it, without asking the request again', () => {
  let asked = 0
  const user = (): string => {
    asked += 1
    return 'ada'
  }
  const { exchange, response } = begin({ user, ignore: () => true })
  response.emit('finish')
  const atTheEnd = asked

  const { actor } = auditContextOf(exchange.context)
  expect((actor as () => unknown)()).toEqual({ id: 'ada', type: 'user' })
  expect(asked).toBe(atTheEnd)
})
