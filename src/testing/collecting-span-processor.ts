import { SpanKind, SpanStatusCode } from '@opentelemetry/api'
import type { ReadableSpan, SpanProcessor } from '@opentelemetry/sdk-trace'
import type { TestSpan } from './test-telemetry.ts'

/** Keeps every sampled span that ends. */
export function createCollectingSpanProcessor(add: (span: TestSpan) => void): SpanProcessor {
  return {
    onStart: () => undefined,
    onEnd: (span) => add(toTestSpan(span)),
    forceFlush: () => Promise.resolve(),
    shutdown: () => Promise.resolve(),
  }
}

function toTestSpan(span: ReadableSpan): TestSpan {
  const { traceId, spanId } = span.spanContext()
  const [seconds, nanos] = span.duration
  return {
    name: span.name,
    kind: SpanKind[span.kind].toLowerCase() as TestSpan['kind'],
    status: SpanStatusCode[span.status.code].toLowerCase() as TestSpan['status'],
    statusMessage: span.status.message,
    attributes: { ...span.attributes },
    events: span.events.map(({ name, attributes }) => ({ name, attributes: { ...attributes } })),
    links: span.links.map(({ context, attributes }) => ({
      traceId: context.traceId,
      spanId: context.spanId,
      attributes: { ...attributes },
    })),
    traceId,
    spanId,
    parentSpanId: span.parentSpanContext?.spanId,
    durationMillis: seconds * 1_000 + nanos / 1_000_000,
  }
}
