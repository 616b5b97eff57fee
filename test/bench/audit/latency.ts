import { setTimeout } from 'node:timers/promises'
import { startHelper } from '../support/helper-process.ts'
import { quantile } from '../support/statistics.ts'
import { makeBenchFolder } from './bench-folder.ts'
import type { AuditPart } from './part.ts'
import { startProducer, startYardstick } from './producers.ts'

const PAIRS = 3_000
const WARM_UP_PAIRS = 200
/** Of each kind 100 in a second. */
const PAUSE_MILLIS = 5
const NEEDED_BYTES = 2 ** 30

/** How long one lone record takes, against one lone sync; each between two of the other kind. */
export const latency: AuditPart = async (progress) => {
  using folder = makeBenchFolder(NEEDED_BYTES)
  await using sink = await startHelper<{ port: number }>('receipt-sink.ts')
  await using producer = await startProducer(folder.path, 'single', {
    TELLTALE_AUDIT_ENDPOINT: `http://127.0.0.1:${sink.hello.port}`,
  })
  await using yardstick = await startYardstick(folder.path, 'sync')
  const records: number[] = []
  const syncs: number[] = []
  for (let pair = -WARM_UP_PAIRS; pair < PAIRS; pair += 1) {
    if (pair % 1_000 === 0) progress(`${pair} of ${PAIRS}`)
    for (const [from, to] of [
      [producer, records],
      [yardstick, syncs],
    ] as const) {
      const next = setTimeout(PAUSE_MILLIS)
      const { micros } = await from.ask<{ micros: number }>({ kind: 'one' })
      if (pair >= 0) to.push(micros)
      await next
    }
  }
  const p99 = { record: quantile(records, 0.99), sync: quantile(syncs, 0.99) }
  return {
    figures: [
      { key: 'latencyRecordP50Micros', value: quantile(records, 0.5), unit: 'us' },
      { key: 'latencySyncP50Micros', value: quantile(syncs, 0.5), unit: 'us' },
      { key: 'latencyRecordP99Micros', value: p99.record, unit: 'us' },
      {
        key: 'latencySyncP99Micros',
        value: p99.sync,
        unit: 'us',
        yardstick: 'one fdatasync of a line just written',
      },
      {
        key: 'latencyP99Ratio',
        value: p99.record / p99.sync,
        unit: '',
        yardstick: 'goal below 2',
      },
    ],
    notes: [
      `${PAIRS} of each, in turns, 100 of each in a second; records are delivered to a receiver that answers with a receipt`,
    ],
  }
}
