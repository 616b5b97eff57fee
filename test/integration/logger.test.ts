import { request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { startOtlpReceiver } from '../support/otlp-receiver.ts'
import { runApp, startApp, type RunningApp } from '../support/run-app.ts'

describe('records', () => {
  test('carry component, request, tenant, trace and what was thrown, over OTLP', async () => {
    await using receiver = await startOtlpReceiver()

    await runApp('logging/work.mjs', { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url })

    const whose = { request_id: 'request-1', tenant_id: 'tenant-1' }
    const { traceId } = receiver.spans[0]!
    expect(receiver.logs).toMatchObject([
      { body: 'without a span', attributes: { ...whose, component: 'auth', channel: 'web' } },
      { body: 'within a span', traceId, attributes: { ...whose, component: 'auth', user: 'ann' } },
      {
        body: 'sign-in failed',
        severityNumber: 17,
        attributes: {
          ...whose,
          status: 'failed',
          'exception.type': 'TypeError',
          'exception.message': 'no such user',
          'exception.stacktrace': expect.stringMatching(/Caused by: Error: row not found/),
        },
      },
      { body: 'through the API', traceId, attributes: whose },
      { body: 'through pino', traceId, attributes: whose },
    ])
  })

  test('are lines of JSON on stdout when asked, with the keys that people look for', async () => {
    const app = await runApp('logging/work.mjs', {
      OTEL_LOGS_EXPORTER: 'none',
      OTEL_TRACES_EXPORTER: 'none',
      TELLTALE_LOG_STDOUT: 'true',
    })

    const lines = app.stdout.trim().split('\n')
    const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
    expect(JSON.parse(lines[0]!)).toEqual({
      time,
      level: 'info',
      msg: 'without a span',
      component: 'auth',
      request_id: 'request-1',
      tenant_id: 'tenant-1',
      channel: 'web',
    })
    expect(Object.keys(JSON.parse(lines[1]!) as object)).toEqual([
      'time',
      'level',
      'msg',
      'component',
      'request_id',
      'tenant_id',
      'trace_id',
      'span_id',
      'channel',
      'user',
    ])
    expect(app.stdout).not.toContain('not written')
  })

  test('are lost with a closed stdout, and nothing else is', async () => {
    await using receiver = await startOtlpReceiver()
    const app = startApp('logging/ticking.mjs', {
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
      TELLTALE_LOG_STDOUT: 'true',
    })
    await app.said(/"msg":"tick"/)
    app.process.stdout!.destroy()
    const before = receiver.logs.length
    await expect.poll(() => receiver.logs.length, { timeout: 20_000 }).toBeGreaterThan(before + 20)
    app.process.kill('SIGTERM')

    expect((await app.ended()).code).toBe(0)
  })
})

const start = async (
  environment: Record<string, string> = {},
): Promise<RunningApp & { readonly url: string }> => {
  const app = startApp('logging/ticking.mjs', {
    OTEL_LOGS_EXPORTER: 'none',
    TELLTALE_LOG_STDOUT: 'true',
    ...environment,
  })
  const [, url] = await app.said(/metrics on (\S+)\/metrics/)
  await app.said(/ready/)
  return { ...app, url: `${url}/loglevel` }
}
const put = async (url: string, body: object): Promise<unknown> =>
  (await fetch(url, { method: 'PUT', body: JSON.stringify(body) })).json()
const end = async (app: RunningApp): Promise<number | null> => {
  app.process.kill('SIGTERM')
  return (await app.ended()).code
}

describe('the level', () => {
  test('is what the settings say, by component too', async () => {
    const app = await start({ TELLTALE_LOG_LEVEL: 'error', TELLTALE_LOG_LEVELS: 'clock=debug' })
    await app.said(/fine tick/)

    expect(await (await fetch(app.url)).json()).toEqual({
      level: 'error',
      components: { clock: 'debug' },
    })
    expect(await end(app)).toBe(0)
  })

  test('is changed over HTTP while the service runs', async () => {
    const app = await start()
    await app.said(/"msg":"tick"/)

    expect(await put(app.url, { level: 'debug', component: 'clock' })).toEqual({
      level: 'info',
      components: { clock: 'debug' },
    })
    await app.said(/fine tick/)
    await end(app)
  })

  test('is not shown to a name that only points here', async () => {
    const app = await start()
    const status = await new Promise((resolve, reject) => {
      request(app.url, { headers: { host: 'rebound.example' } }, (response) => {
        response.resume()
        resolve(response.statusCode)
      })
        .on('error', reject)
        .end()
    })

    expect(status).toBe(403)
    await end(app)
  })

  test('is debug after SIGUSR2, and what it was after the next', async () => {
    const app = await start()
    app.process.kill('SIGUSR2')
    await app.said(/SIGUSR2: the log level of all components is debug/)
    await app.said(/fine tick/)
    app.process.kill('SIGUSR2')
    await app.said(/SIGUSR2: the log levels are back/)

    expect(await (await fetch(app.url)).json()).toEqual({ level: 'info', components: {} })
    expect(await end(app)).toBe(0)
  })

  test('stays as it is when the application listens to SIGUSR2 itself', async () => {
    const app = await start({ LISTEN: 'yes' })
    app.process.kill('SIGUSR2')
    await app.said(/the application heard it/)

    expect(await (await fetch(app.url)).json()).toEqual({ level: 'info', components: {} })
    expect(await end(app)).toBe(0)
  })

  test('leaves SIGUSR2 alone when told so: it ends the process, as Node.js has it', async () => {
    const app = await start({ TELLTALE_LOG_LEVEL_SIGNAL: 'false' })
    await sleep(50)
    app.process.kill('SIGUSR2')

    expect((await app.ended()).signal).toBe('SIGUSR2')
  })
})
