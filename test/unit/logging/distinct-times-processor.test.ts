import {
  InMemoryLogRecordExporter,
  LoggerProvider,
  SimpleLogRecordProcessor,
} from '@opentelemetry/sdk-logs'
import { expect, test } from 'vitest'
import { createDistinctTimesProcessor } from '../../../src/logging/distinct-times-processor.ts'

/** The times of records that are emitted with these. */
function emit(timestamps: readonly (Date | [number, number])[]): [number, number][] {
  const exporter = new InMemoryLogRecordExporter()
  const provider = new LoggerProvider({
    processors: [createDistinctTimesProcessor(), new SimpleLogRecordProcessor({ exporter })],
  })
  const logger = provider.getLogger('test')
  for (const timestamp of timestamps) logger.emit({ body: 'cache miss', timestamp })
  return exporter.getFinishedLogRecords().map(({ hrTime }) => hrTime)
}

test('records of one moment have times a nanosecond apart', () => {
  const [now, later] = [new Date(1_700_000_000_123), new Date(1_700_000_000_124)]

  expect(emit([now, now, now, later, later, now])).toEqual([
    [1_700_000_000, 123_000_000],
    [1_700_000_000, 123_000_001],
    [1_700_000_000, 123_000_002],
    [1_700_000_000, 124_000_000],
    [1_700_000_000, 124_000_001],
    [1_700_000_000, 123_000_000],
  ])
})

test('a time with nanoseconds stays as it is given', () => {
  expect(
    emit([
      [1, 5],
      [1, 6],
      [1, 6],
    ]),
  ).toEqual([
    [1, 5],
    [1, 6],
    [1, 7],
  ])
})
