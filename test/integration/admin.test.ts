import { spawnSync } from 'node:child_process'
import { createServer, type AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { promtoolPath } from '../../deploy/stack/stack.ts'
import { startOtlpReceiver } from '../support/otlp-receiver.ts'
import { runApp, startApp } from '../support/run-app.ts'

test('a taken port costs one clear line and the admin server, nothing else', async () => {
  await using receiver = await startOtlpReceiver()
  const taken = createServer()
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve))
  const { port } = taken.address() as AddressInfo

  const app = await runApp('lifecycle/one-span.mjs', {
    OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
    OTEL_EXPORTER_PROMETHEUS_PORT: String(port),
  })
  taken.close()

  expect(app.code).toBe(0)
  expect(app.stderr.split('\n').filter((line) => line.includes(String(port)))).toEqual([
    expect.stringMatching(/already in use.*OTEL_EXPORTER_PROMETHEUS_PORT/),
  ])
  expect(receiver.spans).toHaveLength(1)
})

test.each([
  [{ OTEL_EXPORTER_PROMETHEUS_HOST: 'nonsense.invalid' }, /OTEL_EXPORTER_PROMETHEUS_HOST/],
  [{ OTEL_EXPORTER_PROMETHEUS_PORT: '65536' }, /OTEL_EXPORTER_PROMETHEUS_PORT.*from 0 to 65535/],
])(
  'an address that cannot be used (%j) costs one line, not the application',
  async (given, line) => {
    await using receiver = await startOtlpReceiver()

    const app = await runApp('lifecycle/one-span.mjs', {
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
      ...given,
    })

    expect(app.code).toBe(0)
    expect(app.stderr.split('\n').filter((text) => line.test(text))).toHaveLength(1)
    expect(receiver.spans).toHaveLength(1)
  },
)

test('a metric callback that never ends costs its own metric, not the scrape', async () => {
  await using receiver = await startOtlpReceiver()
  const app = startApp('signals/endless-callback.mjs', {
    OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
  })
  await app.said(/ready/)
  const [, url] = await app.said(/metrics on (\S+)/)

  const text = await (await fetch(url!)).text()

  expect(text).toContain('good_things_total 1')
  app.process.kill('SIGTERM')
  await app.ended()
}, 30_000)

test('/metrics and the probes answer, /health and /ready with 503 while draining, and none is traced or counted', async () => {
  await using receiver = await startOtlpReceiver()
  const app = startApp('lifecycle/server.mjs', {
    OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
    DRAIN: 'close',
    REQUEST_MILLIS: '800',
  })
  const [, port] = await app.said(/listening on (\d+)/)
  const [, base] = await app.said(/metrics on (\S+)\/metrics/)
  const ask = async (path: string, method = 'GET'): Promise<[number, string]> => {
    const response = await fetch(base! + path, { method })
    return [response.status, await response.text()]
  }

  expect((await fetch(`${base}/metrics`)).headers.get('content-type')).toBe(
    'text/plain; version=0.0.4; charset=utf-8',
  )
  const [healthCode, health] = await ask('/health')
  expect(healthCode).toBe(200)
  expect(JSON.parse(health)).toEqual({
    status: 'healthy',
    checks: {
      auditSpool: {
        status: 'healthy',
        backlogRecords: 0,
        bytes: expect.any(Number),
        maxBytes: expect.any(Number),
        oldestAgeSeconds: 0,
      },
    },
    timestamp: expect.any(String),
  })
  expect((await ask('/ready'))[0]).toBe(200)
  expect((await ask('/live'))[0]).toBe(200)
  expect(await ask('/elsewhere')).toEqual([404, 'try /metrics, /health, /ready, /live\n'])
  expect((await ask('/toString'))[0]).toBe(404)
  expect((await ask('/metrics', 'POST'))[0]).toBe(405)
  const pending = fetch(`http://127.0.0.1:${port}/slow`, { headers: { connection: 'close' } })
  await new Promise((resolve) => setTimeout(resolve, 100))
  app.process.kill('SIGTERM')
  await app.said(/draining/)
  expect(await ask('/ready')).toEqual([503, expect.stringContaining('"draining"')])
  expect(await ask('/health')).toEqual([503, expect.stringContaining('"draining"')])
  expect((await ask('/live'))[0]).toBe(200)
  const [, metrics] = await ask('/metrics')
  expect(metrics).not.toContain('http_server_request_duration')
  await (await pending).text()
  await app.ended()

  expect(receiver.spans.map((span) => span.attributes['url.path'])).toEqual(['/slow'])
})

test('the text stays valid whatever instruments and attributes are called, and each fault is said once', async () => {
  await using receiver = await startOtlpReceiver()
  const app = startApp('signals/bad-metrics.mjs', { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url })
  await app.said(/ready/)
  const [, url] = await app.said(/metrics on (\S+)/)

  await (await fetch(url!)).text()
  const text = await (await fetch(url!)).text()
  app.process.kill('SIGTERM')
  const { stderr } = await app.ended()

  const checked = spawnSync(
    await promtoolPath(),
    ['check', 'metrics', '--lint=none', '--extended'],
    {
      input: text,
      encoding: 'utf8',
    },
  )
  expect(checked.stderr).toBe('')
  expect(checked.status).toBe(0)
  expect(text).toContain('good_things_total{kind="fine"} 3')
  expect(text).toMatch(/bad_histogram_seconds_count\{.*exported_le="mine".*\} 2/)
  const lines = stderr.split('\n').filter((line) => line.startsWith('telltale: '))
  expect(new Set(lines).size).toBe(lines.length)
  expect(stderr).toMatch(/bad_counter_total: .*__name__/)
}, 600_000)
