import type { Exception } from '@opentelemetry/api'
import { TracerProvider, type ReadableSpan } from '@opentelemetry/sdk-trace'
import { expect, test } from 'vitest'
import { createGuardedSpanProcessor } from '../../../src/tracing/guarded-span-processor.ts'

const revoked = Proxy.revocable({}, {})
revoked.revoke()
const throwing = {
  get broken() {
    throw new Error('no')
  },
}
let deep: unknown = 1
for (let level = 0; level < 50_000; level += 1) deep = [deep]

test.each([
  { what: 'a revoked proxy', make: (): unknown => revoked.proxy },
  { what: 'a getter that throws', make: (): unknown => throwing },
  { what: 'endless nesting', make: (): unknown => deep },
  { what: 'a symbol', make: (): unknown => Symbol('x') },
])('$what is not on the span, and what comes after it is', ({ make }) => {
  const ended: ReadableSpan[] = []
  const provider = new TracerProvider({
    spanProcessors: [
      createGuardedSpanProcessor(),
      {
        onStart: () => undefined,
        onEnd: (span) => void ended.push(span),
        forceFlush: async () => undefined,
        shutdown: async () => undefined,
      },
    ],
  })
  const span = provider.getTracer('test').startSpan('work')
  const hostile = make()
  span.setAttribute('hostile', hostile).setAttribute('fine', 1)
  span.setAttributes({ hostile })
  span.addEvent('event', { hostile })
  span.recordException(hostile as Exception)
  span.end()

  expect(ended[0]?.attributes).toEqual({ fine: 1 })
})
