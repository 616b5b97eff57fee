import { setTimeout as sleep } from 'node:timers/promises'
import type { Fault, Row } from '../fault.ts'
import type { Field } from '../field.ts'
import { countQuarantined, readHoldings, readMarks } from './account.ts'

/** How long nothing more may arrive before what is missing counts as lost. */
const PATIENCE_MILLIS = 45_000

type Counts = Pick<Row, 'recorded' | 'stored' | 'lost' | 'doubled'>

/**
 * Ends the producers, has new ones deliver what is in the spools, and counts.
 *
 * @param quarantinedBefore - what was in quarantine before the fault: more of it is worth a note
 */
export async function settle(
  field: Field,
  quarantinedBefore: number,
  countBy: Fault['countBy'] = 'id',
): Promise<Counts> {
  const { ledgers, spools } = field
  await field.stopProducers()
  for (const spool of spools) await field.startProducer({ order: { perSecond: 0 }, spool })
  const find = countBy === 'mark' ? findByMark : findById
  await untilDelivered(field, find)
  await field.stopProducers()
  ledgers.refresh()
  const { found, doubled } = await find(field, ledgers.begun)
  const stored = ledgers.recorded.size - without(ledgers.recorded, found).size
  const quarantined = (await countQuarantined(field.stack.addresses.postgres)) - quarantinedBefore
  if (quarantined > 0) field.note(`${quarantined} records went into quarantine`)
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

function without(wanted: ReadonlySet<string>, found: ReadonlyMap<string, number>): Set<string> {
  return new Set([...wanted].filter((key) => !found.has(key)))
}

function countMany(found: ReadonlyMap<string, number>): number {
  return [...found.values()].filter((times) => times > 1).length
}
