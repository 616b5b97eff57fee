import { startHelper } from '../support/helper-process.ts'
import { median, medianDifference } from '../support/statistics.ts'
import { makeBenchFolder } from './bench-folder.ts'
import type { AuditPart } from './part.ts'
import { type Paced, type Producer, startProducer } from './producers.ts'

const ROUNDS = 7
const SLICE_MILLIS = 4_000
const PER_SECOND = 10_000
const NEEDED_BYTES = 2 * 2 ** 30

/** What recording at a steady rate does to the event loop of the service, delivery included. */
export const eventLoop: AuditPart = async (progress) => {
  using folder = makeBenchFolder(NEEDED_BYTES)
  await using sink = await startHelper<{ port: number }>('receipt-sink.ts')
  await using producer = await startProducer(folder.path, 'paced', {
    TELLTALE_AUDIT_ENDPOINT: `http://127.0.0.1:${sink.hello.port}`,
  })
  const idle: Paced[] = []
  const busy: Paced[] = []
  await paced(producer, PER_SECOND)
  for (let round = 0; round < ROUNDS; round += 1) {
    progress(`round ${round + 1} of ${ROUNDS}`)
    idle.push(await paced(producer, 0))
    busy.push(await paced(producer, PER_SECOND))
  }
  const reached = median(busy.map(({ records }) => (records / SLICE_MILLIS) * 1_000))
  return {
    figures: [
      {
        key: 'eventLoopIdleP99Millis',
        value: median(p99(idle)),
        unit: 'ms',
        yardstick: 'the same process, its timers running, no record made',
      },
      { key: 'eventLoopBusyP99Millis', value: median(p99(busy)), unit: 'ms' },
      {
        key: 'eventLoopAddedP99Millis',
        value: medianDifference(p99(busy), p99(idle)),
        unit: 'ms',
        yardstick: 'goal 1',
      },
      {
        key: 'eventLoopRecordsPerSecond',
        value: reached,
        unit: 'records/s',
        yardstick: `asked for ${PER_SECOND}`,
      },
    ],
    notes: [
      `medians of ${ROUNDS} slices of ${SLICE_MILLIS / 1_000} s, in turns; records are delivered to a receiver that answers with a receipt`,
      'delay as perf_hooks.monitorEventLoopDelay gives it, with a resolution of 1 ms that is part of both',
    ],
  }
}

function paced(producer: Producer, perSecond: number): Promise<Paced> {
  return producer.ask<Paced>({ kind: 'paced', millis: SLICE_MILLIS, perSecond })
}

function p99(slices: readonly Paced[]): number[] {
  return slices.map(({ p99Millis }) => p99Millis)
}
