import { randomBytes } from 'node:crypto'
import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createUuidV7 } from '../../../examples/rewards-api/src/uuid-v7.ts'
import { until } from '../../../deploy/stack/deadline.ts'
import type { Fault } from '../fault.ts'
import type { Field } from '../field.ts'
import { ledgerMarks, newMark } from '../producer/order.ts'
import { startProxy } from '../support/proxy.ts'
import { readCounter } from '../support/collector-metrics.ts'
import { query, withClient } from '../support/database.ts'
import { postUntilAnswered, type RawRecord, toRequest } from '../support/raw-otlp.ts'
import {
  type CollectorOptions,
  type SecondCollector,
  startSecondCollector,
} from '../support/second-collector.ts'
import { strikeUnderLoad } from '../support/strike.ts'

/** What can happen with two Collectors on one database, or to one that is told to keep small. */
export const manyCollectorsFaults: readonly Fault[] = [
  {
    where: 'collector',
    name: 'collector-two-at-once',
    about: 'two Collectors store at once, and one after the other is killed and started again',
    rounds: 20,
    run: twoAtOnce,
  },
  {
    where: 'collector',
    name: 'collector-other-sealer',
    about: 'a Collector is frozen until another has closed its log, and then goes on',
    rounds: 1,
    run: otherSealer,
  },
  {
    where: 'collector',
    name: 'collector-memory-limit',
    about: 'a flood of spans makes the memory limiter refuse audit records',
    rounds: 3,
    run: memoryLimit,
  },
]

/** Deadlocks between two Collectors are PostgreSQL's affair, and listed there. */
export const deadlockFault: Fault = {
  where: 'postgres',
  name: 'postgres-deadlock',
  about:
    'two Collectors store the same records in opposite order, and a third session deadlocks with them',
  rounds: 10,
  countBy: 'mark',
  run: deadlock,
}

async function startSecond(
  field: Field,
  options: Partial<CollectorOptions> = {},
): Promise<SecondCollector> {
  const folder = join(field.folder, 'second-collector')
  return field.open.use(await startSecondCollector(field.stack.addresses, { folder, ...options }))
}

async function twoAtOnce(field: Field): Promise<void> {
  const second = await startSecond(field)
  const collectors = [field.stack.component('collector'), second.component]
  const strike = async (): Promise<void> => {
    const collector = field.random.pick(collectors)
    collector.kill('SIGKILL')
    await until(() => !collector.isRunning, 10_000)
    await sleep(field.random.between(0, 300))
    await collector.start()
  }
  await strikeUnderLoad(field, strike, { producers: [{}, { auditEndpoint: second.auditOtlp }] })
}

/** A log is closed by another Collector after a minute of silence. */
const SILENT_MILLIS = 80_000

async function otherSealer(field: Field): Promise<void> {
  const second = await startSecond(field)
  const order = { perSecond: 50 }
  const frozen = field.stack.component('collector')
  const strike = async (): Promise<void> => {
    frozen.kill('SIGSTOP')
    await sleep(SILENT_MILLIS)
    frozen.kill('SIGCONT')
  }
  await strikeUnderLoad(field, strike, {
    producers: [{ order }, { order, auditEndpoint: second.auditOtlp }],
  })
  const closed = await query(
    field.stack.addresses.postgres,
    'SELECT FROM audit.sealers WHERE closed_at IS NOT NULL',
  )
  if (closed.length === 0) field.fallShort('no log was closed by the other Collector')
}

/** Hardly more than the Collector needs at rest, so that a flood reaches it soon. */
const MEMORY_LIMIT_MIB = 100
const REFUSED_LOGS = 'otelcol_processor_memory_limiter_refused_log_records'

async function memoryLimit(field: Field): Promise<void> {
  const jaeger = field.open.use(await startProxy(field.stack.addresses.jaeger, field.random))
  const second = await startSecond(field, {
    variables: {
      OTELCOL_MEMORY_LIMIT_MIB: String(MEMORY_LIMIT_MIB),
      // What the stack sets fits a higher limit.
      GOGC: '100',
      GOMEMLIMIT: 'off',
      JAEGER_OTLP_ENDPOINT: jaeger.url,
    },
  })
  const load = { auditEndpoint: second.auditOtlp }
  let refused = 0
  const strike = async (): Promise<void> => {
    const before = await readCounter(second.metrics, REFUSED_LOGS)
    // The queue fills while nobody takes the spans, and empties when somebody does.
    jaeger.behave(() => ({ kind: 'swallow' }))
    const flood = await field.startFlood({ otlp: second.otlp, signals: ['traces'] })
    await until(async () => (await readCounter(second.metrics, REFUSED_LOGS)) > before, 20_000)
    await sleep(field.random.between(0, 3_000))
    flood.signal('SIGKILL')
    await flood.ended
    jaeger.behave(() => ({ kind: 'answer', status: 200 }))
    refused += (await readCounter(second.metrics, REFUSED_LOGS)) - before
  }
  await strikeUnderLoad(field, strike, { producers: [load, load] })
  if (refused === 0) field.fallShort('the memory limiter refused no audit record')
  field.note(`the memory limiter refused ${refused} audit records`)
}

const RECORDS_PER_REQUEST = 300

async function deadlock(field: Field): Promise<void> {
  const { addresses } = field.stack
  const second = await startSecond(field)
  const endpoints = [addresses, { ...addresses, auditOtlp: second.auditOtlp }]
  const ledger = field.ledgers.nextFile()
  const before = await countDeadlocks(addresses.postgres)
  for (let round = 0; round < field.rounds; round += 1) {
    const records = Array.from({ length: RECORDS_PER_REQUEST }, newRecord)
    for (const { mark } of records) appendFileSync(ledger, `${ledgerMarks.begun} ${mark}\n`)
    const orders = [records, records.toReversed()]
    const posts = orders.map(async (order, index) => {
      const body = new Uint8Array(toRequest(field.service, order))
      return postUntilAnswered(endpoints[index] ?? addresses, body)
    })
    const [statuses] = await Promise.all([Promise.all(posts), lockInOppositeOrder(field)])
    if (!statuses.includes(200)) continue
    for (const { mark } of records) appendFileSync(ledger, `${ledgerMarks.recorded} ${mark}\n`)
  }
  let happened = 0
  // A session tells its statistics only when it has been idle for a while.
  await until(
    async () => {
      happened = (await countDeadlocks(addresses.postgres)) - before
      return happened >= field.rounds
    },
    15_000,
    500,
  )
  field.note(`${happened} deadlocks`)
  if (happened === 0) field.fallShort('no deadlock happened')
}

/** The Collector locks the records first, and what ends its transaction after them; this session the other way. */
async function lockInOppositeOrder({ stack, random }: Field): Promise<void> {
  await withClient(stack.addresses.postgres, async (client) => {
    await client.query('BEGIN')
    await client.query('LOCK TABLE audit.seals IN SHARE MODE')
    await sleep(random.between(100, 700))
    // Either side may be the one that PostgreSQL gives up.
    await client.query('LOCK TABLE audit.records IN SHARE MODE').catch(() => {})
    await client.query('ROLLBACK')
  })
}

function newRecord(): RawRecord {
  const timeUnixNano = BigInt(Date.now()) * 1_000_000n
  return { mark: newMark(randomBytes(8)), id: createUuidV7(), timeUnixNano }
}

async function countDeadlocks(url: string): Promise<number> {
  const rows = await query<{ deadlocks: number }>(
    url,
    'SELECT deadlocks::int FROM pg_stat_database WHERE datname = current_database()',
  )
  return rows[0]?.deadlocks ?? 0
}
