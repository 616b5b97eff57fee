import { request as httpRequest } from 'node:http'
import { assert } from '../support/assert.ts'
import type { Evidence } from '../support/contract.ts'
import { eventually } from '../support/eventually.ts'
import { scrape, sumOf } from '../support/exposition.ts'
import { readLogs } from '../support/logs.ts'
import { requirePrograms } from '../support/programs.ts'
import { runScript } from '../support/run-script.ts'
import type { Service } from '../support/services.ts'
import type { Example, Stage } from '../support/stage.ts'
import { contract } from './contract.ts'
import { proveBackups } from './scenario/backups.ts'
import { proveSentry } from './scenario/sentry.ts'
import { startCoursePlatform } from './scenario/services.ts'

export const example: Example = { name: 'course-platform', contract, run }

const PATIENCE = { withinMillis: 20_000 }
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

async function run(stage: Stage): Promise<Evidence> {
  const { stack, open, say, prove } = stage
  const { addresses } = stack
  await requirePrograms(['pg_dump', 'pg_restore'], say)
  const databaseUrl = await stack.createDatabase('courses')
  const api = open.use(
    await startCoursePlatform(addresses, 'course-platform', {
      DATABASE_URL: databaseUrl,
      METRICS_ENABLED: 'true',
    }),
  )
  stack.scrape('course-platform', {
    address: new URL(api.metricsUrl).host,
    labels: { job: 'course-platform' },
  })
  say('course-platform runs, with its metrics on its own port')

  const read = await visit(api)
  say('courses were read, and people were turned away')
  await proveRequestIds(prove, api, addresses.loki)
  await prove('GET /healthz', async () => {
    const { status } = await fetch(`${api.url}/healthz`)
    assert(status === 200, `it answered ${status}`)
  })
  await prove('http_requests_in_flight is 0 again whatever happened', async () => inFlight(api))
  await proveMetricsGate(stage, api, databaseUrl)
  await proveBackups(stage, databaseUrl)
  say('backups were made, and what was destroyed was restored')
  await proveSentry(stage, databaseUrl)

  // Rates need two scrapes with something between them.
  await visit(api)
  const traceId = await traceOf(addresses.loki, read)
  return {
    metricsUrls: { api: api.metricsUrl },
    services: ['course-platform'],
    traces: { 'a course is read from the database': traceId },
    healthChecks: await healthChecksOf(api),
  }
}

/** What a morning brings. @returns the request id of somebody who read a course */
async function visit({ url }: Service): Promise<string> {
  const json = { 'content-type': 'application/json' }
  const answers: readonly [path: string, status: number, init?: RequestInit][] = [
    ['/api/v1/courses', 200],
    ['/api/v1/courses/99', 404],
    ['/files/7/pages/3', 404],
    ['/api/v1/reports/1', 500],
    ['/api/v1/courses/1', 403, { method: 'DELETE', headers: { 'x-user': 'linus' } }],
    [
      '/api/v1/auth/login',
      401,
      { method: 'POST', headers: json, body: '{"username":"ada","password":"guess-guess"}' },
    ],
    ['/api/v1/upload/', 400, { method: 'POST', headers: json, body: '{"name":"../etc"}' }],
  ]
  for (const [path, expected, init] of answers) {
    const { status } = await fetch(url + path, init)
    assert(status === expected, `${path} was answered ${status}, not ${expected}`)
  }
  const course = await fetch(`${url}/api/v1/courses/1`, { headers: { 'x-user': 'ada' } })
  assert(course.status === 200, `a course was answered ${course.status}`)
  return course.headers.get('x-request-id') ?? ''
}

async function proveRequestIds(
  prove: Stage['prove'],
  { url }: Service,
  loki: string,
): Promise<void> {
  await prove('X-Request-ID is taken from the request', async () => {
    const id = `ticket-${crypto.randomUUID()}`
    const response = await fetch(`${url}/api/v1/courses`, { headers: { 'x-request-id': id } })
    assert(response.headers.get('x-request-id') === id, 'another one was answered')
    await linesOf(loki, id)
    // Neither a header nor a log line may be split by one that was made for it.
    const hostile = await fetch(`${url}/api/v1/courses`, {
      headers: { 'x-request-id': 'a"} level=error x=1' },
    })
    assert(UUID.test(hostile.headers.get('x-request-id') ?? ''), 'a hostile id was believed')
  })
  await prove('X-Request-ID is made (UUIDv4) where there is none', async () => {
    const response = await fetch(`${url}/api/v1/courses`)
    const id = response.headers.get('x-request-id') ?? ''
    assert(UUID.test(id), `it is ${id}`)
  })
  await prove(
    'the client address comes from X-Forwarded-For behind a trusted proxy only',
    async () => {
      const id = crypto.randomUUID()
      const headers = { 'x-request-id': id, 'x-forwarded-for': '203.0.113.7, 198.51.100.2' }
      await fetch(`${url}/api/v1/courses`, { headers })
      const [line] = await linesOf(loki, id)
      assert(line?.['ip'] === '203.0.113.7', `behind a trusted proxy it is ${line?.['ip']}`)
    },
  )
}

async function linesOf(
  loki: string,
  requestId: string,
  service = 'course-platform',
): Promise<readonly Readonly<Record<string, string>>[]> {
  const query = `{service="${service}"} | request_id="${requestId}"`
  const lines = await eventually(
    `the access log of request ${requestId}`,
    async () => readLogs(loki, { query }),
    (found) => found.some(({ message }) => message === 'request'),
    PATIENCE,
  )
  return lines.filter(({ message }) => message === 'request').map(({ fields }) => fields)
}

/** Clients hang up in the middle of an answer; whatever they do, nothing stays in flight. */
async function inFlight({ url, metricsUrl }: Service): Promise<void> {
  const hungUp = Array.from({ length: 20 }, async () => {
    await new Promise<void>((resolve) => {
      const request = httpRequest(`${url}/api/v1/courses/1/video`, (response) => {
        response.once('data', () => request.destroy())
        response.once('close', resolve)
        response.on('error', () => {})
      })
      request.on('error', () => {})
      request.end()
    })
  })
  await Promise.all(hungUp)
  await eventually(
    '0 requests in flight',
    async () => sumOf(await scrape(metricsUrl), 'http_requests_in_flight'),
    (value) => value === 0,
    PATIENCE,
  )
}

async function proveMetricsGate(
  { stack, open, prove }: Stage,
  api: Service,
  databaseUrl: string,
): Promise<void> {
  await prove('METRICS_ENABLED=true: GET /metrics/ on the port of the application', async () => {
    const response = await fetch(`${api.url}/metrics/`)
    const text = await response.text()
    assert(response.status === 200, `it answered ${response.status}`)
    assert(text.includes('# TYPE http_requests_in_flight gauge'), 'the metrics are not in it')
  })
  const closed = open.use(
    await startCoursePlatform(stack.addresses, 'course-platform-closed', {
      DATABASE_URL: databaseUrl,
      METRICS_ENABLED: 'false',
      TRUSTED_PROXIES: '',
    }),
  )
  await prove('METRICS_ENABLED=false: 404', async () => {
    const { status } = await fetch(`${closed.url}/metrics/`)
    assert(status === 404, `it answered ${status}`)
    const id = crypto.randomUUID()
    const headers = { 'x-request-id': id, 'x-forwarded-for': '203.0.113.7' }
    await fetch(`${closed.url}/api/v1/courses`, { headers })
    const [line] = await linesOf(stack.addresses.loki, id, 'course-platform-closed')
    assert(line?.['ip'] === '127.0.0.1', `without a trusted proxy the address is ${line?.['ip']}`)
  })
  await prove('synthetic check: healthz, metrics gate, schema, shape of a 404', async () => {
    const directory = new URL('./', import.meta.url)
    const check = async (url: string, metrics: string): Promise<number | null> => {
      const args = ['scripts/synthetic-check.ts', '--url', url, '--metrics', metrics]
      return (await runScript({ directory, args })).code
    }
    assert((await check(api.url, 'on')) === 0, 'it found fault with a sound deployment')
    assert((await check(closed.url, 'off')) === 0, 'it found fault with a closed deployment')
    assert((await check(closed.url, 'on')) === 1, 'it did not see that metrics are missing')
  })
}

async function traceOf(loki: string, requestId: string): Promise<string> {
  const [line] = await linesOf(loki, requestId)
  return line?.['trace_id'] ?? ''
}

async function healthChecksOf({ metricsUrl }: Service): Promise<Record<string, string>> {
  const response = await fetch(metricsUrl.replace('/metrics', '/health'))
  const { checks } = (await response.json()) as {
    readonly checks: Readonly<Record<string, { readonly status: string }>>
  }
  return Object.fromEntries(Object.entries(checks).map(([name, { status }]) => [name, status]))
}
