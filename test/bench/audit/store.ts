import { startPartOfStack } from '../../../deploy/stack/stack.ts'
import type { Prepare, Send, Sent } from '../apps/audit-load.ts'
import { type HelperProcess, startHelper } from '../support/helper-process.ts'
import { median, rotate } from '../support/statistics.ts'
import { openTwin } from './copy-twin.ts'
import type { AuditPart } from './part.ts'
import { startRowByRow } from './row-by-row.ts'

const ROUNDS = 8
const CONNECTIONS = 4
const FULL_REQUEST = 512
const LOADS = {
  ours: { streams: CONNECTIONS, requestsPerStream: 12, recordsPerRequest: FULL_REQUEST },
  small: { streams: 200, requestsPerStream: 30, recordsPerRequest: 1 },
  rowByRow: { streams: CONNECTIONS, requestsPerStream: 6, recordsPerRequest: FULL_REQUEST },
} as const
const NAMES = ['ours', 'small', 'copy', 'rowByRow'] as const

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
  await using twin = await openTwin(postgres ?? '', CONNECTIONS)
  await using peer = await startRowByRow(await stack.createDatabase('bench'), progress)
  const measure = {
    ours: () => send(load, LOADS.ours, collector),
    small: () => send(load, LOADS.small, collector),
    rowByRow: () => send(load, LOADS.rowByRow, { port: peer.port, token: '', receipts: false }),
    // What the Collector has stored since the last time, so that both write the very same rows.
    copy: () => twin.copyNewRows(),
  }
  const rates = { ours: [], small: [], copy: [], rowByRow: [] } as Record<
    (typeof NAMES)[number],
    number[]
  >
  await measure.ours()
  for (const name of NAMES) await measure[name]()
  for (let round = 0; round < ROUNDS; round += 1) {
    progress(`round ${round + 1} of ${ROUNDS}`)
    // First what the copy is made of.
    await twin.skipStoredRows()
    for (const name of [
      'ours',
      ...rotate(['copy', 'rowByRow', 'small'] as const, round),
    ] as const) {
      const { records, millis } = await measure[name]()
      rates[name].push((records / millis) * 1_000)
    }
  }
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
      'row by row: an OTLP receiver in Go with one prepared INSERT for each record and one transaction for each request, a table with one index; it stores a repeated request twice or fails',
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
