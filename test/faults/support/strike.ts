import { setTimeout as sleep } from 'node:timers/promises'
import { until } from '../../../deploy/stack/deadline.ts'
import type { Field, LoadOptions } from '../field.ts'
import { query } from './database.ts'

/** What is done to the system each round; returns when it is repaired. */
export type Strike = (round: number) => Promise<void>

/** How the load beside the strikes is made. */
export interface StrikeOptions {
  /** One producer for each. Default two of the usual kind. */
  readonly producers?: readonly LoadOptions[]
  /** Whether records reach the database between two strikes. Default true. */
  readonly flows?: boolean
}

const FLOWS_WITHIN_MILLIS = 90_000

/**
 * Strikes again and again at a chance moment of a steady load.
 *
 * Before each strike a record that was made after the last repair has been stored: so every strike meets a system that
 * works, and every repair is shown to have worked.
 */
export async function strikeUnderLoad(
  field: Field,
  strike: Strike,
  { producers = [{}, {}], flows = true }: StrikeOptions = {},
): Promise<void> {
  const { random, rounds, say } = field
  for (const options of producers) await field.startProducer(options)
  let saidAt = performance.now()
  for (let round = 1; round <= rounds; round += 1) {
    if (flows) await untilFlowing(field)
    await field.untilRecorded(random.between(1, 40))
    await sleep(random.between(0, 100))
    await strike(round)
    if (performance.now() - saidAt < 10_000) continue
    say(`round ${round} of ${rounds}, ${field.ledgers.recorded.size} recorded`)
    saidAt = performance.now()
  }
  if (flows) await untilFlowing(field)
}

/**
 * Returns when a record that is made from now on is stored.
 *
 * @throws {Error} when none is within a minute and a half
 */
export async function untilFlowing({ stack }: Field): Promise<void> {
  const from = new Date()
  const isStored = async (): Promise<boolean> => {
    const rows = await query(
      stack.addresses.postgres,
      'SELECT FROM audit.records WHERE record_id >= audit.first_id_at($1) LIMIT 1',
      [from],
    )
    return rows.length > 0
  }
  if (await until(isStored, FLOWS_WITHIN_MILLIS)) return
  throw new Error(
    `no new record was stored within ${FLOWS_WITHIN_MILLIS / 1_000} s after a repair: delivery has not recovered`,
  )
}
