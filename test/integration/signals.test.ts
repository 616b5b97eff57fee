import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startPartOfStack, type PartialAddresses, type Stack } from '../../deploy/stack/stack.ts'
import { startOtlpReceiver } from '../support/otlp-receiver.ts'
import { runApp, startApp } from '../support/run-app.ts'

describe('logs', () => {
  test('arrive whether emitted through the API, api-logs or pino, each with the trace id', async () => {
    await using receiver = await startOtlpReceiver()

    await runApp('signals/logs.mjs', { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url })

    expect(receiver.logs.map(({ body, scope }) => [scope, body])).toEqual([
      ['new', 'through the API'],
      ['old', 'through api-logs'],
      ['@opentelemetry/instrumentation-pino', 'through pino'],
    ])
    const traceIds = new Set(receiver.logs.map(({ traceId }) => traceId))
    expect([...traceIds]).toEqual([receiver.spans[0]?.traceId])
    expect(receiver.logs[0]?.attributes).toEqual({ nested: { answer: 42 } })
    // By pino first, by the rules for all logs then.
    expect(receiver.logs[2]?.attributes).toMatchObject({ quiz: 7, password: '[redacted]' })
  })

  test('lose their secrets on the way', async () => {
    await using receiver = await startOtlpReceiver()

    const app = await runApp('signals/secret-logs.mjs', {
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
      TELLTALE_LOG_STDOUT: 'true',
      TELLTALE_REDACT_NAMES: 'iban, card_number',
    })

    const attributes = { cardNumber: '[redacted]', user: { name: 'ada', iban: '[redacted]' } }
    expect(receiver.logs).toMatchObject([{ body: 'sent Bearer [redacted]', attributes }])
    expect(JSON.parse(app.stdout)).toMatchObject({ msg: 'sent Bearer [redacted]', ...attributes })
  })

  test('with a body or an attribute that cannot be serialized arrive without it, and cost no other', async () => {
    await using receiver = await startOtlpReceiver()

    const app = await runApp('signals/hostile-logs.mjs', {
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
    })

    expect(app.code).toBe(0)
    expect(receiver.logs.map(({ body }) => body)).toEqual([
      'before',
      { name: 'body', self: '[circular]' },
      'attribute',
      'after',
    ])
    expect(receiver.logs[2]?.attributes['user']).toEqual({ name: 'ada', balance: '[threw]' })
  })

  test('are written to stdout as JSON when asked, without doubling what pino writes', async () => {
    await using receiver = await startOtlpReceiver()

    const app = await runApp('signals/logs.mjs', {
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
      TELLTALE_LOG_STDOUT: 'true',
    })

    const lines = app.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { msg: string })
    expect(lines.map(({ msg }) => msg)).toEqual([
      'through the API',
      'through api-logs',
      'through pino',
    ])
    expect(lines[0]).toMatchObject({ level: 'warn', trace_id: receiver.spans[0]?.traceId })
  })
})

test.each([
  ['Fastify 5', 'fastify'],
  ['Fastify 4', 'fastify4'],
])(
  'a request to %s carries the route template on its span and its duration metric',
  async (_version, packageName) => {
    await using receiver = await startOtlpReceiver()
    const app = startApp('signals/fastify-app.mjs', {
      FASTIFY: packageName,
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
      LINGER_MILLIS: '800',
    })
    const [, url] = await app.said(/metrics on (\S+)/)
    await app.said(/nowhere/)
    await new Promise((resolve) => setTimeout(resolve, 200))
    const text = await (await fetch(url!)).text()
    await app.ended()

    const server = receiver.spans.filter((span) => span.kind === 2)
    expect(server.map((span) => span.name)).toContain('GET /quizzes/:id/claim')
    expect(text).toMatch(
      /http_server_request_duration_seconds_count\{[^}]*http_route="\/quizzes\/:id\/claim"[^}]*\} 1/,
    )
    expect(text).not.toMatch(/http_route="[^"]*17/)
    expect(receiver.logs.map(({ body }) => body)).toContain('claiming')
  },
)

describe('without a parent span', () => {
  let stack: Stack<PartialAddresses>
  beforeAll(async () => {
    stack = await startPartOfStack(['postgres', 'redis'])
  }, 120_000)
  afterAll(() => stack?.stop())

  test('queries and commands make no root spans', async () => {
    await using receiver = await startOtlpReceiver()

    const app = await runApp('signals/pg-without-parent.mjs', {
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
      POSTGRES_URL: await stack.createDatabase('noparent'),
      REDIS_URL: stack.addresses.redis ?? undefined,
    })

    expect(app.code).toBe(0)
    expect(receiver.spans).toEqual([])
  })
})
