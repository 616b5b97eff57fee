import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { describe, expect, test } from 'vitest'
import { startOtlpReceiver } from '../support/otlp-receiver.ts'
import { runApp, startApp } from '../support/run-app.ts'

/** Natural end: at most the deadline of five seconds, plus the start. */
const DEADLINE_MILLIS = 7_000

describe('while the Collector', () => {
  test('refuses connections, one line says so and the process ends at once', async () => {
    const app = await runApp('lifecycle/one-span.mjs', {
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${await closedPort()}`,
    })

    expect(app.code).toBe(0)
    expect(linesAbout(app.stderr, 'cannot be exported')).toHaveLength(1)
    expect(app.stderr).toMatch(/traces cannot be exported to http:.*ECONNREFUSED/)
    expect(app.millis).toBeLessThan(3_000)
  })

  test('refuses connections, an application that drains ends when it is done', async () => {
    const app = startApp('lifecycle/server.mjs', {
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${await closedPort()}`,
      DRAIN: 'close',
      REQUEST_MILLIS: '0',
    })
    const [, port] = await app.said(/listening on (\d+)/)
    const answer = await fetch(`http://127.0.0.1:${port}/`, { headers: { connection: 'close' } })
    await answer.text()
    const toldAt = performance.now()

    app.process.kill('SIGTERM')

    expect((await app.ended()).code).toBe(0)
    expect(performance.now() - toldAt).toBeLessThan(2_500)
  })

  test('is silent, the end of the process waits for the deadline and no longer', async () => {
    await using receiver = await startOtlpReceiver()
    receiver.behave({ silent: true })

    const app = await runApp('lifecycle/one-span.mjs', {
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
      TELLTALE_SHUTDOWN_TIMEOUT_MILLIS: '1000',
    })

    expect(app.code).toBe(0)
    expect(app.millis).toBeLessThan(3_500)
  })

  test('is silent, process.exit() waits for the exit flush and no longer', async () => {
    await using receiver = await startOtlpReceiver()
    receiver.behave({ silent: true })

    const app = await runApp('lifecycle/one-span.mjs', {
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
      TELLTALE_EXIT_FLUSH_TIMEOUT_MILLIS: '500',
      ENDING: 'exit',
    })

    expect(app.code).toBe(7)
    expect(app.millis).toBeLessThan(3_000)
  })

  test.each([500, 503, 429, 400])('answers %i, one line says so', async (status) => {
    await using receiver = await startOtlpReceiver()
    receiver.behave({ status })

    const app = await runApp('lifecycle/one-span.mjs', {
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
    })

    expect(app.code).toBe(0)
    expect(linesAbout(app.stderr, 'cannot be exported')).toHaveLength(1)
    expect(app.millis).toBeLessThan(DEADLINE_MILLIS)
  })

  test('is away for a while, what is lost is counted and its return is said', async () => {
    await using receiver = await startOtlpReceiver()
    receiver.behave({ status: 400 })
    const app = startApp('lifecycle/server.mjs', {
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
      OTEL_BSP_SCHEDULE_DELAY: '50',
      REQUEST_MILLIS: '0',
    })
    const [, port] = await app.said(/listening on (\d+)/)
    const [, metrics] = await app.said(/metrics on (\S+)/)
    const visit = async (): Promise<void> => {
      await (await fetch(`http://127.0.0.1:${port}/`)).text()
    }
    for (let round = 0; round < 5; round += 1) {
      await visit()
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
    const text = await (await fetch(metrics!)).text()
    expect(text).toMatch(/otel_sdk_exporter_span_exported_total\{error_type="400"\} 5/)

    receiver.behave({})
    await visit()
    await app.said(/traces are exported again/)

    app.process.kill('SIGTERM')
    const { stderr } = await app.ended()
    expect(linesAbout(stderr, 'cannot be exported')).toHaveLength(1)
  })

  test('is slow, no request waits for it and every span arrives', async () => {
    await using receiver = await startOtlpReceiver()
    receiver.behave({ delayMillis: 1_500 })
    const app = startApp('lifecycle/server.mjs', {
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
      OTEL_BSP_SCHEDULE_DELAY: '10',
      REQUEST_MILLIS: '0',
    })
    const [, port] = await app.said(/listening on (\d+)/)
    const startedAt = performance.now()

    for (let round = 0; round < 20; round += 1) {
      await (await fetch(`http://127.0.0.1:${port}/`)).text()
    }

    expect(performance.now() - startedAt).toBeLessThan(1_500)
    app.process.kill('SIGTERM')
    expect((await app.ended()).signal).toBe('SIGTERM')
    expect(receiver.spans).toHaveLength(20)
  })

  test('is silent, requests are answered and the queue stays within its bound', async () => {
    await using receiver = await startOtlpReceiver()
    receiver.behave({ silent: true })
    const app = startApp('lifecycle/server.mjs', {
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
      OTEL_BSP_MAX_QUEUE_SIZE: '50',
      OTEL_BSP_MAX_EXPORT_BATCH_SIZE: '10',
      REQUEST_MILLIS: '0',
      TELLTALE_SHUTDOWN_TIMEOUT_MILLIS: '500',
    })
    const [, port] = await app.said(/listening on (\d+)/)
    const [, metrics] = await app.said(/metrics on (\S+)/)

    for (let round = 0; round < 120; round += 1) {
      expect((await fetch(`http://127.0.0.1:${port}/`)).status).toBe(200)
    }

    const text = await (await fetch(metrics!)).text()
    expect(text).toMatch(/otel_sdk_processor_span_queue_size 50\n/)
    expect(text).toMatch(/otel_sdk_processor_span_processed_total\{error_type="queue_full"\} 70\n/)
    app.process.kill('SIGTERM')
    expect((await app.ended()).signal).toBe('SIGTERM')
  })
})

function linesAbout(stderr: string, words: string): string[] {
  return stderr.split('\n').filter((line) => line.includes(words))
}

/** A port on which nobody listens. */
async function closedPort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}
