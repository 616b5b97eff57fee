import { setTimeout as sleep } from 'node:timers/promises'
import { join } from 'node:path'
import { until } from '../../../deploy/stack/deadline.ts'
import type { Fault } from '../fault.ts'
import type { Field } from '../field.ts'
import { query } from '../support/database.ts'
import { createFailingDisk, type DiskOrder, type FailingDisk } from '../support/failing-disk.ts'
import { mountSmallDisk } from '../support/small-disk.ts'
import { startProxy } from '../support/proxy.ts'
import { tearTail } from '../support/torn-tail.ts'

/** What can happen to the disk that the spool is on. */
export const spoolDiskFaults: readonly Fault[] = [
  {
    where: 'producer',
    name: 'producer-disk-full',
    about: 'the disk of the spool is full while nothing can be delivered, then has room again',
    rounds: 5,
    run: fullDisk,
  },
  {
    where: 'producer',
    name: 'producer-disk-errors',
    about: 'one call after the other on the spool fails with EIO or ENOSPC',
    rounds: 120,
    run: failingCalls,
  },
  {
    where: 'producer',
    name: 'producer-torn-tail',
    about: 'the service is killed, and its spool ends in half a frame with flipped bits',
    rounds: 20,
    run: tornTail,
  },
]

async function fullDisk(field: Field): Promise<void> {
  const disk = field.open.use(await mountSmallDisk(join(field.folder, 'disk'), 8))
  const proxy = field.open.use(await startProxy(field.stack.addresses.auditOtlp, field.random))
  const load = {
    spool: join(disk.path, 'spool'),
    auditEndpoint: proxy.url,
    order: { textLength: 2_000 },
  }
  const refused = (): number => [...field.ledgers.refused.values()].reduce((sum, n) => sum + n, 0)
  await field.startProducer(load)
  await field.startProducer(load)
  for (let round = 0; round < field.rounds; round += 1) {
    await field.untilRecorded(field.random.between(1, 100))
    await proxy.refuse()
    const before = refused()
    disk.fill()
    const isFull = await until(() => {
      field.ledgers.refresh()
      return refused() > before
    }, 30_000)
    if (!isFull) throw new Error('audit.record() was not refused although the disk was full')
    await sleep(field.random.between(0, 1_000))
    disk.empty()
    await proxy.listen()
    if (!(await field.untilRecorded(20, 30_000))) {
      throw new Error('nothing was recorded within 30 s although the disk had room again')
    }
  }
}

/** Long enough for start, recording, delivery and an orderly end to have made their calls. */
const RECORDED_RECORDS = 25
const RECORDS_WITHIN_MILLIS = 30_000
const PASSES = [
  { error: 'EIO', times: 1 },
  { error: 'ENOSPC', times: 1 },
  { error: 'EIO', times: 4 },
] as const

async function failingCalls(field: Field): Promise<void> {
  const disk = await createFailingDisk(field.folder)
  await lifeOn(disk, field, { ...PASSES[0], call: 0 })
  const names = disk.calls()
  field.note(`calls in one life of a service: ${countNames(names)} (${disk.way})`)
  const stuck: string[] = []
  let failed = 0
  for (let round = 0; round < field.rounds; round += 1) {
    // Every call in turn, and when all have had theirs with another error.
    const pass = PASSES[Math.floor(round / names.length) % PASSES.length]!
    const call = 1 + (round % names.length)
    if (!(await lifeOn(disk, field, { ...pass, call }))) stuck.push(names[call - 1]!)
    failed = disk.calls().filter((name) => name.endsWith('failed')).length
    if (round % 10 === 9) field.say(`round ${round + 1} of ${field.rounds}, ${failed} calls failed`)
  }
  if (stuck.length > 0) {
    field.fallShort(`services recorded nothing after a failed call: ${countNames(stuck)}`)
  }
  if (failed < field.rounds / 2) field.fallShort(`only ${failed} calls were made to fail`)
}

/**
 * One service from start to end, of which one call, or a few in a row, fail.
 *
 * @returns whether it recorded all the same, or again
 */
async function lifeOn(
  disk: FailingDisk,
  field: Field,
  order: Omit<DiskOrder, 'folder'>,
): Promise<boolean> {
  const folder = join(field.folder, 'spool')
  const producer = await field.startProducer({
    spool: folder,
    ...disk.under({ ...order, folder }),
  })
  const hasRecorded = await field.untilRecorded(RECORDED_RECORDS, RECORDS_WITHIN_MILLIS)
  await producer.stop()
  return hasRecorded
}

async function tornTail(field: Field): Promise<void> {
  let torn = 0
  for (let round = 0; round < field.rounds; round += 1) {
    const producer = await field.startProducer()
    await field.untilRecorded(field.random.between(5, 60))
    producer.signal('SIGKILL')
    await producer.ended
    torn += tearTail(join(field.folder, 'spool'), field.random)
  }
  // Somebody has to be there to adopt the last one.
  await field.startProducer({ order: { perSecond: 0 } })
  let reported = 0
  const areReported = async (): Promise<boolean> => {
    reported = await countSkipped(field)
    return reported >= field.rounds
  }
  if (!(await until(areReported, 60_000, 500))) {
    field.fallShort('not every spool with a torn tail was reported')
  }
  field.note(`${torn} tails were torn; ${reported} spools were reported with skipped bytes`)
}

/** How many spools were found to end in bytes that are no frame, as the trail itself says. */
async function countSkipped({ stack, service }: Field): Promise<number> {
  const rows = await query<{ spools: number }>(
    stack.addresses.postgres,
    `SELECT count(*)::int AS spools FROM audit.records
     WHERE service_name = $1 AND event_name = 'telltale.audit.trail.stopped'
       AND (details ->> 'skippedBytes')::bigint > 0`,
    [service],
  )
  return rows[0]?.spools ?? 0
}

function countNames(names: readonly string[]): string {
  const counts = new Map<string, number>()
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1)
  return [...counts].map(([name, times]) => `${times} ${name}`).join(', ')
}
