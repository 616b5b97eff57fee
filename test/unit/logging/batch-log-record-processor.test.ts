import { LoggerProvider, type ReadableLogRecord } from '@opentelemetry/sdk-logs'
import { expect, test } from 'vitest'
import { createBatchLogRecordProcessor } from '../../../src/logging/batch-log-record-processor.ts'
import { createDeferred } from '../support/deferred.ts'
import { createFakePipeline } from '../support/fake-pipeline.ts'

test('every record is handed over in its order', () => {
  const pipeline = createFakePipeline<ReadableLogRecord>()
  const processor = createBatchLogRecordProcessor(pipeline, 100)
  const logger = new LoggerProvider({ processors: [processor] }).getLogger('test')

  logger.emit({ body: 'first' })
  logger.emit({ body: 'second', severityNumber: 1 })

  expect(pipeline.items.map(({ body }) => body)).toEqual(['first', 'second'])
})

test('a flush ends at its deadline, and shutting down closes the pipeline', async () => {
  const pipeline = createFakePipeline<ReadableLogRecord>(createDeferred().promise)
  const processor = createBatchLogRecordProcessor(pipeline, 5)

  await processor.forceFlush()
  expect(pipeline.closed).toBe(false)

  await processor.shutdown()
  expect(pipeline.closed).toBe(true)
})
