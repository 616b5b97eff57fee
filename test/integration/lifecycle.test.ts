import { expect, test } from 'vitest'
import { startOtlpReceiver } from '../support/otlp-receiver.ts'
import { runApp, startApp } from '../support/run-app.ts'

const ENDINGS = [
  ['a natural end', '', 0],
  ['an exit code set by the application', 'code', 5],
  ['process.exit()', 'exit', 7],
  ['an uncaught exception', 'throw', 1],
  ['an unhandled rejection', 'reject', 1],
] as const

test.each(ENDINGS)('a span ended just before %s still arrives', async (_name, ending, code) => {
  await using receiver = await startOtlpReceiver()

  const app = await runApp('lifecycle/one-span.mjs', {
    OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
    ENDING: ending,
  })

  expect(receiver.spans.map((span) => span.name)).toEqual(['last words'])
  expect(app.code).toBe(code)
})

test.each(['close', 'exit'])(
  'a request in flight at SIGTERM completes and its span arrives (application drains by %s)',
  async (drain) => {
    await using receiver = await startOtlpReceiver()
    const app = startApp('lifecycle/server.mjs', {
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
      DRAIN: drain,
    })
    const [, port] = await app.said(/listening on (\d+)/)
    const answer = fetch(`http://127.0.0.1:${port}/slow`, { headers: { connection: 'close' } })
    await new Promise((resolve) => setTimeout(resolve, 100))

    app.process.kill('SIGTERM')

    expect(await (await answer).text()).toBe('done')
    const ended = await app.ended()
    expect(ended.code).toBe(0)
    expect(ended.stdout).toContain('drained')
    expect(receiver.spans.map((span) => span.attributes['url.path'])).toEqual(['/slow'])
  },
)

test.each([0, 1, 5, 20, 60])(
  'spans that wait at SIGTERM arrive when the application exits %i ms later',
  async (millis) => {
    await using receiver = await startOtlpReceiver()
    const app = startApp('lifecycle/exit-after.mjs', {
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
      EXIT_AFTER_MILLIS: String(millis),
    })
    await app.said(/waiting/)

    app.process.kill('SIGTERM')

    expect((await app.ended()).code).toBe(0)
    expect(receiver.spans).toHaveLength(20)
  },
)

test.each([511, 512, 600, 2_000])(
  '%i spans ended in the turn that calls process.exit() all arrive',
  async (count) => {
    await using receiver = await startOtlpReceiver()

    const app = await runApp('lifecycle/many-spans.mjs', {
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
      SPANS: String(count),
    })

    expect(app.code).toBe(3)
    expect(receiver.spans).toHaveLength(count)
  },
)

test('large spans that wait at process.exit() leave in several requests, each of a size that the Collector takes', async () => {
  await using receiver = await startOtlpReceiver()

  const app = await runApp('lifecycle/many-spans.mjs', {
    OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
    SPANS: '100',
    CHARACTERS: '60000',
  })

  expect(app.code).toBe(3)
  expect(receiver.spans).toHaveLength(100)
  const sizes = receiver.requests
    .filter(({ path }) => path === '/v1/traces')
    .map(({ bytes }) => bytes)
  expect(sizes).toHaveLength(4)
  expect(Math.max(...sizes)).toBeLessThan(2_100_000)
}, 60_000)

test('what cannot be sent at process.exit() is said, and the exit listeners of the application run', async () => {
  await using receiver = await startOtlpReceiver()
  receiver.behave({ status: 400 })

  const app = await runApp('lifecycle/many-spans.mjs', {
    OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
    SPANS: '7',
  })

  expect(app.code).toBe(3)
  expect(app.stderr).toContain('the last 7 spans could not be sent before the process ended')
  expect(app.stdout).toContain('the exit listener of the application')
})

test('a stderr that nobody reads does not end the application', async () => {
  const app = startApp('lifecycle/server.mjs', {
    OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1',
    OTEL_BSP_SCHEDULE_DELAY: '10',
    REQUEST_MILLIS: '0',
  })
  const [, port] = await app.said(/listening on (\d+)/)
  app.process.stderr?.destroy()

  for (let round = 0; round < 5; round += 1) {
    expect((await fetch(`http://127.0.0.1:${port}/`)).status).toBe(200)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }

  app.process.kill('SIGTERM')
  expect((await app.ended()).signal).toBe('SIGTERM')
})

test('SIGTERM ends a process that does not listen for it with the code of the signal', async () => {
  await using receiver = await startOtlpReceiver()
  const app = startApp('lifecycle/server.mjs', { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url })
  const [, port] = await app.said(/listening on (\d+)/)
  await (await fetch(`http://127.0.0.1:${port}/before`)).text()

  app.process.kill('SIGTERM')

  const ended = await app.ended()
  expect(ended.signal).toBe('SIGTERM')
  expect(receiver.spans).toHaveLength(1)
})

test('SIGTERM ends a process in which only signal-exit listens', async () => {
  await using receiver = await startOtlpReceiver()
  const app = startApp('lifecycle/signal-exit.mjs', { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url })
  await app.said(/waiting/)

  app.process.kill('SIGTERM')

  expect((await app.ended()).signal).toBe('SIGTERM')
})

test('a second SIGINT ends the process at once while the Collector is silent', async () => {
  await using receiver = await startOtlpReceiver()
  receiver.behave({ silent: true })
  const app = startApp('lifecycle/server.mjs', { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url })
  const [, port] = await app.said(/listening on (\d+)/)
  await (await fetch(`http://127.0.0.1:${port}/before`)).text()
  const toldAt = performance.now()

  app.process.kill('SIGINT')
  await new Promise((resolve) => setTimeout(resolve, 300))
  app.process.kill('SIGINT')

  expect((await app.ended()).signal).toBe('SIGINT')
  expect(performance.now() - toldAt).toBeLessThan(2_000)
})

test('a worker thread runs the preload without a second admin server', async () => {
  await using receiver = await startOtlpReceiver()

  const app = await runApp('lifecycle/worker.mjs', {
    OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
    OTEL_EXPORTER_PROMETHEUS_PORT: '0',
  })

  expect(app.stdout).toContain('in the worker')
  expect(app.stderr.match(/metrics on/g)).toHaveLength(1)
  expect(receiver.spans.map((span) => span.name)).toEqual(['worker ended with 0'])
})

test('cluster workers answer scrapes on ports of their own, never in turn', async () => {
  await using receiver = await startOtlpReceiver()
  const port = await freePorts(3)
  const app = startApp('lifecycle/cluster.mjs', {
    OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
    OTEL_EXPORTER_PROMETHEUS_PORT: String(port),
  })
  await app.said(/all ready/)
  const scrape = async (offset: number): Promise<string | undefined> => {
    const response = await fetch(`http://127.0.0.1:${port + offset}/metrics`)
    return (await response.text()).match(/^fixture_counted_total (\d+)/m)?.[1]
  }

  for (let round = 0; round < 4; round += 1) {
    expect(await Promise.all([0, 1, 2].map(scrape))).toEqual(['1000', '1', '2'])
  }

  app.process.kill('SIGTERM')
  await app.ended()
})

/** The first of `count` neighbouring ports that are free now. */
async function freePorts(count: number): Promise<number> {
  const { createServer } = await import('node:net')
  const isFree = (port: number): Promise<boolean> =>
    new Promise((resolve) => {
      const probe = createServer()
      probe.once('error', () => resolve(false))
      probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)))
    })
  for (let first = 21_000 + Math.floor(Math.random() * 5_000); ; first += count) {
    const free = await Promise.all(
      Array.from({ length: count }, (_, index) => isFree(first + index)),
    )
    if (free.every(Boolean)) return first
  }
}
