import { ROOT_CONTEXT, SpanStatusCode, trace } from '@opentelemetry/api'
import { AlwaysOffSampler, TracerProvider, type ReadableSpan } from '@opentelemetry/sdk-trace'
import { expect, test } from 'vitest'
import { createRedaction } from '../../../src/core/redaction.ts'
import { createRedactingSpanProcessor } from '../../../src/tracing/redacting-span-processor.ts'

function createTracer() {
  const ended: ReadableSpan[] = []
  const provider = new TracerProvider({
    spanProcessors: [
      createRedactingSpanProcessor(createRedaction(['iban'])),
      {
        onStart: () => undefined,
        onEnd: (span) => void ended.push(span),
        forceFlush: async () => undefined,
        shutdown: async () => undefined,
      },
    ],
  })
  return { tracer: provider.getTracer('test'), ended }
}

test('name, status, attributes, events and links of a span lose their secrets', () => {
  const { tracer, ended } = createTracer()
  const span = tracer.startSpan('GET /?token=abc123', {
    links: [
      {
        context: { traceId: '1'.repeat(32), spanId: '2'.repeat(16), traceFlags: 1 },
        attributes: { iban: 'DE02' },
      },
    ],
  })
  span.setAttributes({
    'url.full': 'https://ann:hunter2@api.example.com/v1?page=2&access_token=abc123',
    'url.query': 'token=abc123&page=2',
    'db.query.text': "UPDATE users SET password = 'hunter2' WHERE id = $1",
    'http.request.header.authorization': ['Basic YTpi'],
    'http.response.status_code': 200,
    'user.name': 'ann',
  })
  span.addEvent('sent Bearer t0ken-12345', { text: 'password=hunter2' })
  span.recordException(new Error('no connection to redis://:hunter2@cache:6379'))
  span.setStatus({ code: SpanStatusCode.ERROR, message: 'password=hunter2' })
  span.end()

  const [{ name, status, attributes, events, links }] = ended as [ReadableSpan]
  expect(name).toBe('GET /?token=[redacted]')
  expect(status).toEqual({ code: SpanStatusCode.ERROR, message: 'password=[redacted]' })
  expect(attributes).toEqual({
    'url.full': 'https://ann:[redacted]@api.example.com/v1?page=2&access_token=[redacted]',
    'url.query': 'token=[redacted]&page=2',
    'db.query.text': "UPDATE users SET password = '[redacted]' WHERE id = $1",
    'http.request.header.authorization': '[redacted]',
    'http.response.status_code': 200,
    'user.name': 'ann',
  })
  expect(events[0]).toMatchObject({
    name: 'sent Bearer [redacted]',
    attributes: { text: 'password=[redacted]' },
  })
  expect(JSON.stringify(events)).not.toContain('hunter2')
  expect(events[1]?.attributes?.['exception.message']).toBe(
    'no connection to redis://:[redacted]@cache:6379',
  )
  expect(links[0]?.attributes).toEqual({ iban: '[redacted]' })
})

test('a span without secrets is left as it is', () => {
  const { tracer, ended } = createTracer()
  const given = { list: ['a', 'b'], text: 'claimed' }
  tracer.startSpan('work', { attributes: given }).end()

  expect(ended[0]).toMatchObject({ name: 'work', attributes: given })
})

test('a span that is not sampled is not searched: nobody sends it', () => {
  const redaction = createRedaction()
  const searched: string[] = []
  const provider = new TracerProvider({
    sampler: new AlwaysOffSampler(),
    spanProcessors: [
      createRedactingSpanProcessor({
        ...redaction,
        text(text) {
          searched.push(text)
          return text
        },
      }),
    ],
  })
  const span = provider.getTracer('test').startSpan('work', {}, ROOT_CONTEXT)
  span.end()

  expect(trace.isSpanContextValid(span.spanContext())).toBe(true)
  expect(searched).toEqual([])
})
