import * as core from '@sentry/core'
import * as server from '@sentry/core/server'
import type { ReadWriteLogRecord } from '@opentelemetry/sdk-logs'
import { expect, test } from 'vitest'
import { createDroppedCounter } from '../../../src/sentry/metrics.ts'
import { asSentryLibrary } from '../../../src/sentry/sentry-library.ts'
import { createSentryLogRecordProcessor } from '../../../src/sentry/sentry-log-record-processor.ts'
import { createMeterProbe } from '../support/metric-values.ts'
import { createRecordingReporter } from '../support/recording-reporter.ts'

const library = asSentryLibrary({ ...core, ...server })!

const record = (message: string) =>
  ({
    hrTime: [0, 0],
    severityNumber: 17,
    attributes: { 'exception.type': 'Error', 'exception.message': message },
  }) as unknown as ReadWriteLogRecord

/** Reports so many errors to a Sentry that answers with this status, or not at all. */
async function report(count: number, status: number | Error): Promise<Record<string, unknown>> {
  const probe = createMeterProbe()
  const processor = createSentryLogRecordProcessor({
    library,
    dsn: 'http://key@127.0.0.1:1/42',
    origin: () => ({ release: undefined, environment: undefined, serverName: undefined }),
    createPost: () => async () => {
      if (typeof status !== 'number') throw status
      return { status, headers: {}, body: Buffer.alloc(0) }
    },
    dropped: createDroppedCounter(probe.meter),
    reporter: createRecordingReporter(),
  })
  for (let index = 0; index < count; index += 1) processor.onEmit(record(`number ${index}`))
  await processor.forceFlush()
  const values = Object.entries(await probe.read())
  return Object.fromEntries(
    values.map(([name, value]) => [/"error.type":"(\w+)"/.exec(name)?.[1] ?? name, value]),
  )
}

const NONE = { queue_overflow: 0, ratelimit_backoff: 0, network_error: 0 }

test.each<[string, number, number | Error, Record<string, number>]>([
  ['are none while Sentry takes them', 3, 200, NONE],
  ['are those that Sentry refuses, by its status', 3, 500, { ...NONE, '500': 3 }],
  ['are those that do not get there', 2, new Error('ECONNRESET'), { ...NONE, network_error: 2 }],
  ['are those that there is no room for', 70, 200, { ...NONE, queue_overflow: 6 }],
])('the errors that are counted as lost %s', async (_which, count, status, lost) => {
  expect(await report(count, status)).toEqual(lost)
})
