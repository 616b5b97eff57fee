import { ROOT_CONTEXT, trace, TraceFlags } from '@opentelemetry/api'
import { TracerProvider, type ReadableSpan } from '@opentelemetry/sdk-trace'
import { expect, test } from 'vitest'
import { createBatchSpanProcessor } from '../../../src/tracing/batch-span-processor.ts'
import { createDeferred } from '../support/deferred.ts'
import { createFakePipeline } from '../support/fake-pipeline.ts'

test('every sampled span that has ended is handed over, any other is not', () => {
  const pipeline = createFakePipeline<ReadableSpan>()
  const provider = new TracerProvider({ spanProcessors: [createBatchSpanProcessor(pipeline, 100)] })
  const tracer = provider.getTracer('test')
  const unsampled = trace.setSpanContext(ROOT_CONTEXT, {
    traceId: '0af7651916cd43dd8448eb211c80319c',
    spanId: 'b7ad6b7169203331',
    traceFlags: TraceFlags.NONE,
  })

  tracer.startSpan('open')
  tracer.startSpan('ended').end()
  tracer.startSpan('unsampled', {}, unsampled).end()

  expect(pipeline.items.map(({ name }) => name)).toEqual(['ended'])
})

test('a flush ends at its deadline, and shutting down closes the pipeline', async () => {
  const pipeline = createFakePipeline<ReadableSpan>(createDeferred().promise)
  const processor = createBatchSpanProcessor(pipeline, 5)

  await processor.forceFlush()
  expect(pipeline.closed).toBe(false)

  await processor.shutdown()
  expect(pipeline.closed).toBe(true)
})
