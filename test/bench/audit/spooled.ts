import { startHelper } from '../support/helper-process.ts'
import { median, rotate } from '../support/statistics.ts'
import { makeBenchFolder } from './bench-folder.ts'
import type { AuditPart } from './part.ts'
import { type Burst, type Producer, startProducer, startYardstick } from './producers.ts'

const ROUNDS = 12
const SLICE_MILLIS = 5_000
const NEEDED_BYTES = 20 * 2 ** 30

/** How many records a producer takes in, against the plainest way of writing the same content durably. */
export const spooled: AuditPart = async (progress) => {
  using folder = makeBenchFolder(NEEDED_BYTES)
  await using sink = await startHelper<{ port: number }>('receipt-sink.ts')
  await using away = await startProducer(folder.path, 'away')
  await using delivering = await startProducer(folder.path, 'delivering', {
    TELLTALE_AUDIT_ENDPOINT: `http://127.0.0.1:${sink.hello.port}`,
  })
  await using yardstick = await startYardstick(folder.path, 'append')
  const producers = { away, delivering, yardstick }
  const names = ['away', 'delivering', 'yardstick'] as const
  const bursts: Record<keyof typeof producers, Burst[]> = {
    away: [],
    delivering: [],
    yardstick: [],
  }
  // The compiler of a process that has just begun is no part of the figure.
  for (const name of names) await burst(producers[name], 2_000)
  for (let round = 0; round < ROUNDS; round += 1) {
    progress(`round ${round + 1} of ${ROUNDS}`)
    for (const name of rotate(names, round)) {
      bursts[name].push(await burst(producers[name], SLICE_MILLIS))
    }
  }
  const rates = (name: keyof typeof bursts): number[] =>
    bursts[name].map(({ records, millis }) => (records / millis) * 1_000)
  const ratio = (name: keyof typeof bursts): number =>
    median(rates(name).map((rate, round) => rate / rates('yardstick')[round]!))
  const cpu = (name: keyof typeof bursts): number =>
    median(bursts[name].map(({ cpuMicros, records }) => cpuMicros / records))
  return {
    figures: [
      {
        key: 'spooledRecordsPerSecond',
        value: median(rates('away')),
        unit: 'records/s',
        yardstick: 'goal 50 000 on a current core',
      },
      { key: 'spooledYardstickPerSecond', value: median(rates('yardstick')), unit: 'records/s' },
      { key: 'spooledToYardstickRatio', value: ratio('away'), unit: '', yardstick: 'goal 0.4' },
      { key: 'spooledCpuMicros', value: cpu('away'), unit: 'us/record' },
      { key: 'spooledYardstickCpuMicros', value: cpu('yardstick'), unit: 'us/record' },
      {
        key: 'spooledWhileDeliveringPerSecond',
        value: median(rates('delivering')),
        unit: 'records/s',
        yardstick: `${ratio('delivering').toFixed(2)} of the yardstick`,
      },
    ],
    notes: [
      `medians of ${ROUNDS} slices of ${SLICE_MILLIS / 1_000} s, in turns; a slice ends when every promise is kept; records of 600 bytes as JSON`,
      'the Collector is away, but for "while delivering", where a receiver answers with a receipt and stores nothing',
      'yardstick: JSON.stringify, append, one fdatasync for all records that came during the last one',
    ],
  }
}

function burst(producer: Producer, millis: number): Promise<Burst> {
  return producer.ask<Burst>({ kind: 'burst', millis })
}
