import { availableParallelism } from 'node:os'
import { setTimeout } from 'node:timers/promises'
import type { Client } from 'pg'
import { startPartOfStack } from '../../../deploy/stack/stack.ts'
import type { ComponentName } from '../../../deploy/stack/component.ts'
import { makeBenchFolder } from './bench-folder.ts'
import { connect } from './connect.ts'
import type { AuditPart } from './part.ts'
import { cpuSecondsOfTree } from './process-cpu.ts'
import { type Burst, startProducer } from './producers.ts'

const BURST_MILLIS = 10_000
const WARM_UP_MILLIS = 2_000
const NEEDED_BYTES = 8 * 2 ** 30
const LOOK_EVERY_MILLIS = 200
/** After so long without a new row something is broken. */
const PATIENCE_MILLIS = 60_000

/** From the call of record() over the producer's disk to the commit, everything on this machine. */
export const endToEnd: AuditPart = async (progress) => {
  using folder = makeBenchFolder(NEEDED_BYTES)
  await using stack = await startPartOfStack(['postgres', 'collector'], { onProgress: progress })
  const { auditOtlp, auditToken, postgres, pids } = stack.addresses
  await using producer = await startProducer(folder.path, 'end-to-end', {
    TELLTALE_AUDIT_ENDPOINT: auditOtlp ?? '',
    TELLTALE_AUDIT_TOKEN: auditToken ?? '',
  })
  await using client = await connect(postgres ?? '')
  const burst = (millis: number): Promise<Burst> => producer.ask({ kind: 'burst', millis })

  progress('warming up')
  const warmUp = await burst(WARM_UP_MILLIS)
  // The stream's own first record comes on top.
  const base = await waitFor(client, warmUp.records)
  const processes = { producer: producer.pid, ...pickPids(pids) }
  const cpu = (): Map<string, number> =>
    new Map(Object.entries(processes).map(([name, pid]) => [name, cpuSecondsOfTree(pid)]))

  progress('recording, delivering and storing')
  const before = cpu()
  const startedAt = performance.now()
  const { records, millis } = await burst(BURST_MILLIS)
  const storedMeanwhile = (await countStored(client)) - base
  const drainStartedAt = performance.now()
  await waitFor(client, base + records)
  const endedAt = performance.now()
  const after = cpu()

  const seconds = (endedAt - startedAt) / 1_000
  const drained = records - storedMeanwhile
  const spent = [...after].map(([name, sum]) => ({ name, seconds: sum - before.get(name)! }))
  const busy = spent.reduce((sum, each) => sum + each.seconds, 0)
  const cores = availableParallelism()
  return {
    figures: [
      {
        key: 'endToEndPerSecond',
        value: records / seconds,
        unit: 'records/s',
        yardstick: 'goal 10 000; from the first call to the last commit',
      },
      { key: 'endToEndRecordedPerSecond', value: (records / millis) * 1_000, unit: 'records/s' },
      {
        key: 'endToEndDrainPerSecond',
        value: drained / ((endedAt - drainStartedAt) / 1_000),
        unit: 'records/s',
        yardstick: 'disk to commit, when nothing is recorded any more',
      },
      ...spent.map(({ name, seconds: used }) => ({
        key: `endToEnd${name[0]!.toUpperCase()}${name.slice(1)}CpuMicros`,
        value: (used / records) * 1e6,
        unit: 'us/record',
      })),
      {
        key: 'endToEndBusyCores',
        value: busy / seconds,
        unit: 'cores',
        yardstick: `of ${cores}; close to it, CPU time is the limit`,
      },
    ],
    notes: [
      `${records} records in ${Math.round(millis / 1_000)} s by one thread, all committed ${seconds.toFixed(1)} s after the first call; CPU time from /proc, PostgreSQL with all its processes`,
    ],
  }
}

function pickPids(pids: Readonly<Partial<Record<ComponentName, number>>>): {
  collector: number
  postgres: number
} {
  const { collector, postgres } = pids
  if (collector === undefined || postgres === undefined)
    throw new Error('a component has no process')
  return { collector, postgres }
}

async function waitFor(client: Client, records: number): Promise<number> {
  let seen = 0
  for (let since = performance.now(); performance.now() - since < PATIENCE_MILLIS;) {
    const stored = await countStored(client)
    if (stored >= records) return stored
    if (stored > seen) since = performance.now()
    seen = stored
    await setTimeout(LOOK_EVERY_MILLIS)
  }
  throw new Error(`${seen} of ${records} records are stored, and none came for a minute`)
}

/** The seals know it without a look at the rows. */
async function countStored(client: Client): Promise<number> {
  const { rows } = await client.query<{ sum: string | null }>(
    'SELECT sum(leaf_count) AS sum FROM audit.seals',
  )
  return Number(rows[0]?.sum ?? 0)
}
