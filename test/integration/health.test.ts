import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, test } from 'vitest'
import { startOtlpReceiver } from '../support/otlp-receiver.ts'
import { runApp, startApp } from '../support/run-app.ts'

describe('checks that hang', () => {
  test('delay no answer, are unhealthy, and leave no traces', async () => {
    await using receiver = await startOtlpReceiver()
    const dependency = createServer((_request, response) => response.end('well'))
    await new Promise<void>((resolve) => {
      dependency.listen(0, '127.0.0.1', resolve)
    })
    const app = startApp('health/hanging.mjs', {
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
      DEPENDENCY: `http://127.0.0.1:${(dependency.address() as AddressInfo).port}/`,
    })
    const [, port] = await app.said(/listening on (\d+)/)
    const [, admin] = await app.said(/metrics on (\S+)\/metrics/)
    const own = `http://127.0.0.1:${port}/`
    const read = async (): Promise<Record<string, Record<string, unknown>>> =>
      ((await (await fetch(own)).json()) as { checks: Record<string, Record<string, unknown>> })
        .checks

    await expect.poll(read, { timeout: 30_000, interval: 50 }).toMatchObject({
      never: { status: 'unhealthy', message: expect.stringMatching(/^no answer/) },
      itself: { status: 'unhealthy' },
      late: { status: 'unhealthy' },
      throws: { status: 'unhealthy', message: expect.stringContaining('Bearer [redacted]') },
      well: { status: 'healthy' },
      server: { status: 'healthy' },
      auditSpool: { status: 'healthy' },
    })

    const millis: number[] = []
    for (let count = 0; count < 50; count += 1) {
      const before = performance.now()
      expect((await fetch(`${admin}/health`)).status).toBe(503)
      millis.push(performance.now() - before)
    }
    expect(millis.toSorted((a, b) => a - b)[25]).toBeLessThan(100)
    const statuses = await Promise.all(
      Array.from({ length: 500 }, async () => {
        const response = await fetch(own)
        await response.text()
        return response.status
      }),
    )
    expect(new Set(statuses)).toEqual(new Set([503]))

    const metrics = await (await fetch(`${admin}/metrics`)).text()
    expect(metrics).toContain('telltale_health_check_status{check="never"} 0\n')
    expect(metrics).toContain('telltale_health_check_status{check="well"} 1\n')
    expect(metrics).toMatch(/^telltale_health_check_duration_seconds\{check="never"\} \d/m)
    app.process.kill('SIGTERM')
    const { stderr } = await app.ended()
    dependency.close()
    dependency.closeAllConnections()

    expect(stderr.match(/check "throws" is unhealthy/g)).toHaveLength(1)
    expect(stderr.match(/check "never" is unhealthy/g)).toHaveLength(1)
    expect(stderr).not.toContain('abcdefgh12345678')
    // Requests of the test are traced, those of the check are not.
    expect(new Set(receiver.spans.map(({ kind }) => kind))).toEqual(new Set([2]))
  })
})

describe('checks and jobs declared before init()', () => {
  const environment = {
    OTEL_TRACES_EXPORTER: 'none',
    OTEL_LOGS_EXPORTER: 'none',
  }

  test('are known to it', async () => {
    const app = await runApp('health/before-init.mjs', environment, { nodeArguments: [] })

    const [answer, ...rest] = app.stdout.trim().split('\n')
    expect(JSON.parse(answer!)).toMatchObject({
      checks: { early: { status: 'healthy', message: 'well' }, auditSpool: { status: 'healthy' } },
    })
    expect(rest).toContain('metrics 200')
    expect(rest).toContain('telltale_health_check_status{check="early"} 1')
    expect(rest).toContain('telltale_job_runs_total{job_name="early",outcome="success"} 1')
    expect(rest).toContain('telltale_job_runs_total{job_name="later",outcome="failure"} 0')
  })

  test('work when telemetry is turned off, and /metrics says that it is', async () => {
    const app = await runApp(
      'health/before-init.mjs',
      { ...environment, OTEL_SDK_DISABLED: 'true' },
      { nodeArguments: [] },
    )

    expect(app.code).toBe(0)
    expect(app.stdout).toMatch(/"early":\{"status":"healthy"/)
    expect(app.stdout).toMatch(/^metrics 503$/m)
  })
})

test('shape and messages on :9090 are settings', async () => {
  const app = startApp('lifecycle/server.mjs', {
    OTEL_TRACES_EXPORTER: 'none',
    TELLTALE_HEALTH_SHAPE: 'flat',
    TELLTALE_HEALTH_MESSAGES: 'false',
  })
  const [, base] = await app.said(/metrics on (\S+)\/metrics/)

  const body = await (await fetch(`${base}/health`)).text()
  app.process.kill('SIGTERM')
  await app.ended()

  expect(body).toMatch(
    /^\{"status":"healthy","timestamp":"[-0-9]{10}T[:0-9]{8}Z",(?:"version":"[^"]+",)?"checks":\{"auditSpool":"healthy"\}\}\n$/,
  )
})

describe('a job under way at SIGTERM', () => {
  test('is told, is waited for, and its span arrives', async () => {
    await using receiver = await startOtlpReceiver()
    const app = startApp('health/job.mjs', { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url })
    await app.said(/job runs/)

    app.process.kill('SIGTERM')

    const ended = await app.ended()
    expect(ended.signal).toBe('SIGTERM')
    expect(ended.stdout).toContain('job ended')
    expect(receiver.spans.map(({ name }) => name)).toEqual(['sweep'])
  })

  test('that does not end holds the process up no longer than set, and delays no scrape', async () => {
    await using receiver = await startOtlpReceiver()
    const app = startApp('health/job.mjs', {
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
      TELLTALE_SHUTDOWN_TIMEOUT_MILLIS: '1000',
      ENDING: 'never',
    })
    await app.said(/job runs/)
    const [, url] = await app.said(/metrics on (\S+)/)
    const text = await (await fetch(url!)).text()
    expect(text).toContain('telltale_job_runs_total{job_name="sweep",outcome="success"} 0\n')
    const toldAt = performance.now()

    app.process.kill('SIGTERM')

    expect((await app.ended()).signal).toBe('SIGTERM')
    expect(performance.now() - toldAt).toBeLessThan(20_000)
  })
})
