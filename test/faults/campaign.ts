import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { messageOf } from '../../deploy/stack/errors.ts'
import { type Stack, startStack } from '../../deploy/stack/stack.ts'
import { type Fault, isGood, type Row } from './fault.ts'
import { createField, type Field } from './field.ts'
import { NotHere } from './support/not-here.ts'
import { settle } from './support/settle.ts'
import { judge } from './support/verdict.ts'

/** How a campaign is run. */
export interface CampaignOptions {
  readonly faults: readonly Fault[]
  /** Instead of each fault's own. */
  readonly rounds?: number | undefined
  /** Repeats the moments of an earlier campaign. */
  readonly seed: number
  readonly say: (line: string) => void
  /** Keeps ledgers, spools and logs of faults that fell short. */
  readonly keep?: boolean
}

/** A killed Collector's tail is signed by another one after a minute of silence, and that takes a probe's time more. */
const VERDICT_WITHIN_MILLIS = 120_000

/**
 * Injects faults one after the other into a real stack, and counts after each.
 *
 * A trail that is not green would make every later verdict worthless: the next fault then gets a new stack.
 */
export async function runCampaign(options: CampaignOptions): Promise<Row[]> {
  const rows: Row[] = []
  let stack: Stack | undefined
  const work = await mkdtemp(join(tmpdir(), 'telltale-faults-'))
  try {
    for (const [index, fault] of options.faults.entries()) {
      stack ??= await startStack({ onProgress: options.say })
      const label = `[${index + 1}/${options.faults.length}] ${fault.where} ${fault.name}`
      const say = (line: string): void => options.say(`${label}: ${line}`)
      const row = await endure(fault, stack, { ...options, say }, join(work, fault.name))
      rows.push(row)
      say(summaryOf(row))
      if (isGood(row)) continue
      for (const note of row.notes) say(note)
      if (options.keep) await keepLogs(stack, join(work, fault.name, 'logs'), say)
      await stack.stop()
      stack = undefined
    }
    return rows
  } finally {
    await stack?.stop()
    if (options.keep) options.say(`kept: ${work}`)
    else await rm(work, { recursive: true, force: true })
  }
}

async function endure(
  fault: Fault,
  stack: Stack,
  { rounds, seed, say }: CampaignOptions,
  folder: string,
): Promise<Row> {
  const startedAt = performance.now()
  const service = `faults-${fault.name}`
  const plan = { stack, service, rounds: rounds ?? fault.rounds, seed, folder, say }
  await using field = createField(plan)
  const finish = (
    counts: Pick<Row, 'recorded' | 'stored' | 'lost' | 'doubled' | 'verdict'>,
  ): Row => ({
    where: fault.where,
    fault: fault.name,
    rounds: field.rounds,
    ...counts,
    seconds: (performance.now() - startedAt) / 1_000,
    notes: field.notes,
  })
  const nothing = { recorded: 0, stored: 0, lost: 0, doubled: 0 }
  try {
    say(`${fault.about} (${field.rounds} rounds)`)
    await fault.run(field)
    const counts = await settle(field, fault.countBy)
    const { verdict, reason } = await judge(stack.addresses, VERDICT_WITHIN_MILLIS)
    if (reason) field.note(`${verdict}: ${reason}`)
    noteRefusals(field)
    return finish({ ...counts, verdict })
  } catch (error) {
    field.note(messageOf(error))
    const cause = error instanceof Error && error.cause ? ` (${messageOf(error.cause)})` : ''
    if (cause) field.note(cause)
    return finish({ ...nothing, verdict: error instanceof NotHere ? 'not run' : 'unchecked' })
  }
}

/** Refused records were never promised; how many there were shows what the fault did to the callers. */
function noteRefusals({ ledgers, note }: Field): void {
  for (const [code, times] of ledgers.refused) note(`refused ${times} with ${code}`)
}

function summaryOf({ recorded, stored, lost, doubled, verdict, seconds }: Row): string {
  return `recorded ${recorded}, stored ${stored}, lost ${lost}, doubled ${doubled}, ${verdict}, ${seconds.toFixed(0)} s`
}

async function keepLogs(stack: Stack, target: string, say: (line: string) => void): Promise<void> {
  const { cp } = await import('node:fs/promises')
  await cp(stack.addresses.logs, target, { recursive: true })
  say(`logs kept in ${target}`)
}
