import { startPartOfStack } from '../../../deploy/stack/stack.ts'
import type { Prepare, Send, Sent } from '../apps/audit-load.ts'
import { type HelperProcess, startHelper } from '../support/helper-process.ts'
import { median, rotate } from '../support/statistics.ts'
import { connect } from './connect.ts'
import { openCopyTwin } from './copy-twin.ts'
import type { AuditPart } from './part.ts'
import { startRowByRow } from './row-by-row.ts'
import { followSeals } from './twin-table.ts'

const ROUNDS = 8
const CONNECTIONS = 4
const FULL_REQUEST = 512
const LOADS = {
  ours: { streams: CONNECTIONS, requestsPerStream: 12, recordsPerRequest: FULL_REQUEST },
  small: { streams: 200, requestsPerStream: 30, recordsPerRequest: 1 },
  leanRowByRow: { streams: CONNECTIONS, requestsPerStream: 6, recordsPerRequest: FULL_REQUEST },
} as const
/** What takes turns with ours. */
const OTHERS = ['copy', 'rowByRow', 'leanRowByRow', 'small'] as const

/** How many records the Collector stores in PostgreSQL, once each, sealed and with all indexes. */
export const store: AuditPart = async (progress) => {
  await using stack = await startPartOfStack(['postgres', 'collector'], { onProgress: progress })
  const { auditOtlp, auditToken, postgres } = stack.addresses
  const collector = {
    port: Number(new URL(auditOtlp ?? '').port),
    token: auditToken ?? '',
    receipts: true,
  }
  await using load = await startHelper('audit-load.ts')
  await using reader = await connect(postgres ?? '')
  const newSeals = followSeals(reader)
  await using twin = await openCopyTwin(postgres ?? '', CONNECTIONS)
  await using peer = await startRowByRow(
    {
      own: await stack.createDatabase('bench'),
      trail: postgres ?? '',
      connections: CONNECTIONS,
    },
    progress,
  )
  // What the Collector has stored in this round, so that all write the very same rows.
  let seals: Awaited<ReturnType<typeof newSeals>> = []
  const measure = {
    ours: () => send(load, LOADS.ours, collector),
    small: () => send(load, LOADS.small, collector),
    leanRowByRow: () =>
      send(load, LOADS.leanRowByRow, { port: peer.port, token: '', receipts: false }),
    copy: () => twin.copy(seals),
    rowByRow: () => peer.insert(seals),
  }
  const rates = { ours: [], small: [], copy: [], rowByRow: [], leanRowByRow: [] } as Record<
    keyof typeof measure,
    number[]
  >
  // The round before the first warms everything up.
  for (let round = -1; round < ROUNDS; round += 1) {
    progress(`round ${round + 1} of ${ROUNDS}`)
    await newSeals()
    const { records, millis } = await measure.ours()
    rates.ours.push((records / millis) * 1_000)
    seals = await newSeals()
    for (const name of rotate(OTHERS, round + 1)) {
      const sent = await measure[name]()
      rates[name].push((sent.records / sent.millis) * 1_000)
    }
  }
  for (const measured of Object.values(rates)) measured.shift()
  const ratio = (name: keyof typeof rates, base: keyof typeof rates): number =>
    median(rates[name].map((rate, round) => rate / rates[base][round]!))
  return {
    figures: [
      { key: 'storePerSecond', value: median(rates.ours), unit: 'records/s' },
      { key: 'storeCopyPerSecond', value: median(rates.copy), unit: 'records/s' },
      { key: 'storeToCopyRatio', value: ratio('ours', 'copy'), unit: '', yardstick: 'goal 0.6' },
      { key: 'storeRowByRowPerSecond', value: median(rates.rowByRow), unit: 'records/s' },
      {
        key: 'storeToRowByRowRatio',
        value: ratio('ours', 'rowByRow'),
        unit: '',
        yardstick: 'goal 2',
      },
      { key: 'storeLeanRowByRowPerSecond', value: median(rates.leanRowByRow), unit: 'records/s' },
      { key: 'storeToLeanRowByRowRatio', value: ratio('ours', 'leanRowByRow'), unit: '' },
      { key: 'storeSmallRequestsPerSecond', value: median(rates.small), unit: 'records/s' },
      {
        key: 'storeSmallToFullRatio',
        value: ratio('small', 'ours'),
        unit: '',
        yardstick: 'goal 0.3',
      },
    ],
    notes: [
      `medians of ${ROUNDS} slices, in turns; requests of ${FULL_REQUEST} records made in advance, ${CONNECTIONS} in flight; evidence of 2 kB`,
      `copy: the same rows, in transactions of the same size on ${CONNECTIONS} connections, by COPY into a table with the same partitions and indexes; nothing is received, checked, hashed or sealed`,
      'row by row: the same rows, in transactions of the same size on as many connections, by one prepared INSERT for each row (Go, database/sql) into a table with the same columns, partitions and indexes; nothing is received, checked, hashed or sealed',
      'lean row by row: the same way of inserting behind an OTLP receiver in Go, but into a table as public exporters make it, with 13 columns and one index; it stores a repeated request twice or fails',
      'small requests: 200 producers, each waits for the answer to its one record before it sends the next',
    ],
  }
}

async function send(
  load: HelperProcess<unknown>,
  extent: Omit<Prepare, 'kind'>,
  target: Omit<Send, 'kind'>,
): Promise<Sent> {
  await load.ask({ kind: 'prepare', ...extent } satisfies Prepare)
  return load.ask<Sent>({ kind: 'send', ...target } satisfies Send)
}
