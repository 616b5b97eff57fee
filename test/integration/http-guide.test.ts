import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { startOtlpReceiver } from '../support/otlp-receiver.ts'
import { runApp, startApp } from '../support/run-app.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))

test('the code of the guides compiles, with the types of the frameworks themselves', () => {
  const tsc = `${root}node_modules/.bin/tsc`
  const { stdout } = spawnSync(tsc, ['-p', 'test/fixtures/guide'], {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, PATH: `${root}node_modules/.bin:${process.env['PATH']}` },
  })

  expect(stdout).toBe('')
}, 120_000)

test('http-requests.ts shows the metrics of system B', async () => {
  await using receiver = await startOtlpReceiver()
  const app = startApp('guide/http-requests.ts', {
    OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
    PORT: '0',
  })
  const [, url] = await app.said(/listening at (http:\S+)/)
  const [metrics] = await app.said(/http:\/\/127\.0\.0\.1:\d+\/metrics/)

  await fetch(`${url}/quizzes/7`, { headers: { 'x-request-id': 'guide-1', 'x-user': 'ada' } })
  await fetch(`${url}/healthz`)
  const text = await (await fetch(metrics)).text()
  app.process.kill('SIGTERM')
  await app.ended()

  const labels = 'method="GET",route="/quizzes/:id",status_code="200"'
  expect(text).toContain(`http_requests_total{${labels}} 1\n`)
  expect(text).toContain(`http_request_duration_seconds_bucket{${labels},le="0.05"}`)
  expect(text).toContain('http_requests_in_flight 0\n')
  expect(text).not.toContain('route="unmatched"')
  expect(receiver.logs.map(({ body, attributes }) => [body, attributes['request_id']])).toEqual([
    ['quiz read', 'guide-1'],
    ['request', 'guide-1'],
  ])
}, 120_000)

test('http-frameworks.ts follows requests of every framework', async () => {
  await using receiver = await startOtlpReceiver()
  const app = startApp('guide/http-frameworks.ts', {
    OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
  })
  const [, addresses] = await app.said(/ports (.*)/)

  for (const { port } of JSON.parse(addresses!) as { port: number }[]) {
    const response = await fetch(`http://127.0.0.1:${port}/courses/17`)
    expect(await response.json()).toEqual({ id: '17' })
    expect(response.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/)
  }
  app.process.kill('SIGTERM')
  await app.ended()

  expect(receiver.logs.map(({ body }) => String(body).replaceAll(/\d+ms .*/g, '…'))).toEqual([
    'request',
    expect.stringMatching(/^(?:::1|127\.0\.0\.1) - "GET \/courses\/17" 200 …$/),
    'request started',
    'request',
    'request',
  ])
  const routes = receiver.spans.filter(({ kind }) => kind === 2).map(({ name }) => name)
  expect(routes).toEqual(Array.from({ length: 4 }, () => 'GET /courses/:id'))
}, 120_000)

test('tenant-work.ts does the work of each tenant under its name', async () => {
  await using receiver = await startOtlpReceiver()
  const app = await runApp('guide/tenant-work.ts', {
    OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
    TELLTALE_AUDIT_ENDPOINT: receiver.url,
  })

  expect(app.stdout).toBe('now the work of nobody\n')
  expect(receiver.logs.map(({ attributes }) => attributes['tenant_id'])).toEqual([
    'tenant-1',
    'tenant-2',
  ])
  const closed = receiver.auditRecords.filter(({ eventName }) => eventName === 'month_closed')
  expect(closed.map(({ evidence }) => /tenant-\d/.exec(evidence.toString())?.[0])).toEqual([
    'tenant-1',
    'tenant-2',
  ])
}, 120_000)

test('tenant-requests.ts works for the tenant of each request', async () => {
  await using receiver = await startOtlpReceiver()
  const app = startApp('guide/tenant-requests.ts', { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url })
  const [, port] = await app.said(/port: (\d+)/)
  const bill = async (token: string): Promise<unknown> => {
    const headers = { authorization: `Bearer ${token}` }
    return (await fetch(`http://127.0.0.1:${port}/bill`, { headers })).json()
  }

  expect([await bill('token-1'), await bill('token-2')]).toEqual([
    { of: 'tenant-1' },
    { of: 'nobody' },
  ])
  app.process.kill('SIGTERM')
  await app.ended()

  const tenantsOf = (message: string): unknown[] =>
    receiver.logs
      .filter(({ body }) => body === message)
      .map(({ attributes }) => attributes['tenant_id'])
  expect(tenantsOf('the bill is asked for')).toEqual(['tenant-1', undefined])
  expect(tenantsOf('request')).toEqual(['tenant-1', undefined])
  const requests = receiver.spans.filter(({ kind }) => kind === 2)
  expect(requests.map(({ attributes }) => attributes['tenant_id'])).toEqual(['tenant-1', undefined])
}, 120_000)
