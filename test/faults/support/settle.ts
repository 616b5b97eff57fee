import { setTimeout as sleep } from 'node:timers/promises'
import type { Fault, Row } from '../fault.ts'
import type { Field } from '../field.ts'
import { readHoldings, readMarks } from './account.ts'
import { query } from './database.ts'

/** How long nothing more may arrive before what is missing counts as lost. */
const PATIENCE_MILLIS = 45_000

type Counts = Pick<Row, 'recorded' | 'stored' | 'lost' | 'doubled'>

/** Ends the producers, has new ones deliver what is in the spools, and counts. */
export async function settle(field: Field, countBy: Fault['countBy'] = 'id'): Promise<Counts> {
  const { ledgers, spools } = field
  await field.stopProducers()
  for (const spool of spools) await field.startProducer({ order: { perSecond: 0 }, spool })
  const find = countBy === 'mark' ? findByMark : findById
  await untilDelivered(field, find)
  await field.stopProducers()
  ledgers.refresh()
  const { found, doubled } = await find(field, ledgers.begun)
  const stored = ledgers.recorded.size - without(ledgers.recorded, found).size
  if (countBy === 'id') await noteQuarantine(field)
  return { recorded: ledgers.recorded.size, stored, lost: ledgers.recorded.size - stored, doubled }
}

/** What the database has of some records, and how many of them it has twice. */
interface Found {
  readonly found: ReadonlyMap<string, number>
  readonly doubled: number
}

type Find = (field: Field, wanted: ReadonlySet<string>) => Promise<Found>

const findById: Find = async ({ stack }, ids) => {
  const { records, conflicts, doubledPlaces } = await readHoldings(stack.addresses.postgres, ids)
  // A record that came again under its id with other content is the same event twice.
  return { found: records, doubled: countMany(records) + conflicts.size + doubledPlaces }
}

const findByMark: Find = async ({ stack, service }, marks) => {
  const found = await readMarks(stack.addresses.postgres, service)
  const ours = new Map([...found].filter(([mark]) => marks.has(mark)))
  return { found: ours, doubled: countMany(ours) }
}

async function untilDelivered(field: Field, find: Find): Promise<void> {
  const { ledgers, say } = field
  ledgers.refresh()
  let missing: ReadonlySet<string> = ledgers.recorded
  let movedAt = performance.now()
  for (;;) {
    const { found } = await find(field, missing)
    const still = without(missing, found)
    if (still.size === 0) return
    if (still.size < missing.size) movedAt = performance.now()
    else if (performance.now() - movedAt > PATIENCE_MILLIS) return
    missing = still
    say(`waiting for ${still.size} of ${ledgers.recorded.size} records`)
    await sleep(1_000)
  }
}

async function noteQuarantine(field: Field): Promise<void> {
  const [row] = await query<{ rows: number }>(
    field.stack.addresses.postgres,
    'SELECT count(*)::int AS rows FROM audit.quarantine',
  )
  if (row && row.rows > 0) field.note(`${row.rows} records are in quarantine`)
}

function without(wanted: ReadonlySet<string>, found: ReadonlyMap<string, number>): Set<string> {
  return new Set([...wanted].filter((key) => !found.has(key)))
}

function countMany(found: ReadonlyMap<string, number>): number {
  return [...found.values()].filter((times) => times > 1).length
}
