import {
  ROOT_CONTEXT,
  trace,
  SpanKind,
  SpanStatusCode,
  type Span,
  type Tracer,
} from '@opentelemetry/api'
import { TracerProvider, type ReadableSpan } from '@opentelemetry/sdk-trace'
import { beforeEach, describe, expect, test } from 'vitest'
import { createRedaction } from '../../../src/core/redaction.ts'
import { createReporter } from '../../../src/core/reporter.ts'
import { createGuardedTracerProvider } from '../../../src/tracing/guarded-tracer-provider.ts'
import { createRedactingSpanProcessor } from '../../../src/tracing/redacting-span-processor.ts'

let ended: ReadableSpan[]
let said: string[]
let tracer: Tracer

beforeEach(() => {
  ended = []
  said = []
  const provider = new TracerProvider({
    spanProcessors: [
      createRedactingSpanProcessor(createRedaction()),
      {
        onStart: () => undefined,
        onEnd: (span) => void ended.push(span),
        forceFlush: async () => undefined,
        shutdown: async () => undefined,
      },
    ],
  })
  const reporter = createReporter((line) => void said.push(line))
  tracer = createGuardedTracerProvider(provider, reporter).getTracer('test')
})

const revoked = Proxy.revocable({}, {})
revoked.revoke()
const throwing = {
  fine: 1,
  get broken(): number {
    throw new Error('not for you')
  },
}
const HOSTILE: readonly (readonly [string, unknown])[] = [
  ['a getter that throws', throwing],
  ['a getter that throws, deep inside', { fine: 1, broken: { throwing } }],
  ['a revoked proxy', revoked.proxy],
  ['null', null],
  ['a text', 'text'],
  ['a big integer', { fine: 1, big: 1n }],
]

describe.each(HOSTILE)('%s', (_what, given) => {
  test('as attributes, links or options of a new span costs no more than itself', () => {
    const context = { traceId: '1'.repeat(32), spanId: '2'.repeat(16), traceFlags: 1 }
    const options = [
      { attributes: given },
      { links: [{ context, attributes: given }] },
      { links: given },
      given,
    ]
    for (const each of options) {
      tracer.startSpan('work', each as object).end()
      tracer.startActiveSpan('work', each as object, (span) => span.end())
    }

    expect(ended.map(({ name }) => name)).toEqual(Array(8).fill('work'))
  })

  test('given to any method of a span costs no more than itself', () => {
    const span = tracer.startSpan('work', { kind: SpanKind.CLIENT }) as unknown as Record<
      string,
      (given: unknown, more?: unknown) => unknown
    >
    span['setAttribute']!('given', given)
    span['addEvent']!('event', given)
    const methods = ['setAttributes', 'addEvent', 'addLink', 'addLinks', 'recordException']
    for (const name of [...methods, 'setStatus', 'updateName', 'end']) span[name]!(given)
    ;(span as unknown as Span).end()

    expect(ended).toMatchObject([{ kind: SpanKind.CLIENT }])
  })

  test('as the name of a span is no name, and no reason to throw', () => {
    tracer.startSpan(given as string).end()

    expect(ended).toHaveLength(1)
  })
})

test('what can be read of the attributes and options is kept, and the rest is said once', () => {
  for (let count = 0; count < 3; count += 1) {
    tracer.startSpan('work', { kind: SpanKind.SERVER, attributes: throwing }).end()
  }

  expect(ended[0]).toMatchObject({
    kind: SpanKind.SERVER,
    attributes: { fine: 1, broken: '[threw]' },
  })
  expect(said).toEqual(['telltale: part of a span could not be read: not for you\n'])
})

test('a span without anything hostile is the SDK’s own, with everything it was given', () => {
  tracer.startActiveSpan('work', { attributes: { a: 1 } }, (span) => {
    const same = span
      .setAttribute('b', [1])
      .setStatus({ code: SpanStatusCode.ERROR, message: 'no' })
    expect(same).toBe(span)
    tracer.startSpan('below', {}, trace.setSpan(ROOT_CONTEXT, span)).end()
    span.end()
  })

  expect(ended).toMatchObject([
    { name: 'below', parentSpanContext: { spanId: ended[1]!.spanContext().spanId } },
    { name: 'work', attributes: { a: 1, b: [1] }, status: { message: 'no' } },
  ])
  expect(said).toEqual([])
})

test('a function that throws within startActiveSpan() is the application’s, and runs once', () => {
  let runs = 0
  const work = (): never => {
    runs += 1
    throw new Error('theirs')
  }

  expect(() => tracer.startActiveSpan('work', work)).toThrow('theirs')
  expect(runs).toBe(1)
})
