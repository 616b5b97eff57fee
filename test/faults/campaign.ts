import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { messageOf } from '../../deploy/stack/errors.ts'
import { type Stack, startStack } from '../../deploy/stack/stack.ts'
import { copyLogs } from '../../examples/support/keep-logs.ts'
import { type Fault, isGood, type Row } from './fault.ts'
import { createField, type Field, type FieldPlan } from './field.ts'
import { countQuarantined } from './support/account.ts'
import { NotHere } from './support/not-here.ts'
import { settle } from './support/settle.ts'
import { startStackOnDisk } from './support/stack-on-disk.ts'
import { judge } from './support/verdict.ts'

/** How a campaign is run. */
export interface CampaignOptions {
  readonly faults: readonly Fault[]
  /** Instead of each fault's own. */
  readonly rounds?: number | undefined
  /** Repeats the moments of an earlier campaign. */
  readonly seed: number
  readonly say: (line: string) => void
  /** Keeps ledgers, spools and logs of faults that fell short. Default false. */
  readonly keep?: boolean
  /** A running stack for the first faults; it is left running. Default one is started. */
  readonly stack?: Stack
}

/** A killed Collector's tail is signed by another one after a minute of silence, and that takes a probe's time more. */
const VERDICT_WITHIN_MILLIS = 150_000

/**
 * Injects faults one after the other into a real stack, and counts after each.
 *
 * A trail that is not green would make every later verdict worthless: the next fault then gets a new stack.
 */
export async function runCampaign(options: CampaignOptions): Promise<Row[]> {
  const { faults, say } = options
  const rows: Row[] = []
  const work = await mkdtemp(join(tmpdir(), 'telltale-faults-'))
  const shared = createSharedStack(options)
  try {
    for (const [index, fault] of faults.entries()) {
      const label = `[${index + 1}/${faults.length}] ${fault.where} ${fault.name}`
      const row = await runFault(fault, shared, {
        folder: join(work, fault.name),
        service: `faults-${fault.name}`,
        rounds: options.rounds ?? fault.rounds,
        seed: options.seed,
        say: (line) => say(`${label}: ${line}`),
        keep: options.keep ?? false,
      })
      rows.push(row)
      say(`${label}: ${summaryOf(row)}`)
      if (!isGood(row)) await shared.drop()
    }
    return rows
  } finally {
    await shared.drop()
    if (options.keep) say(`kept: ${work}`)
    else await rm(work, { recursive: true, force: true })
  }
}

/** The stack that faults use one after the other, until it is dropped and the next one asks again. */
interface SharedStack {
  get(): Promise<Stack>
  drop(): Promise<void>
}

function createSharedStack({ stack: given, say }: CampaignOptions): SharedStack {
  let stack = given
  return {
    get: async () => (stack ??= await startStack({ onProgress: say })),
    drop: async () => {
      if (stack !== given) await stack?.stop()
      stack = undefined
    },
  }
}

type Endeavour = Omit<FieldPlan, 'stack' | 'stackDisk'> & { readonly keep: boolean }

async function runFault(fault: Fault, shared: SharedStack, plan: Endeavour): Promise<Row> {
  const startedAt = performance.now()
  const notes: string[] = []
  let outcome: Endured = { recorded: 0, stored: 0, lost: 0, doubled: 0, verdict: 'unchecked' }
  try {
    if (fault.stackDiskMebibytes === undefined) {
      outcome = await endure(fault, { ...plan, stack: await shared.get() }, notes)
    } else {
      await using own = await startStackOnDisk(fault.stackDiskMebibytes, plan.say)
      outcome = await endure(fault, { ...plan, stack: own.stack, stackDisk: own.disk }, notes)
    }
  } catch (error) {
    notes.push(describe(error))
    if (error instanceof NotHere) outcome = { ...outcome, verdict: 'not run' }
  }
  const seconds = (performance.now() - startedAt) / 1_000
  return { where: fault.where, fault: fault.name, rounds: plan.rounds, ...outcome, seconds, notes }
}

type Endured = Pick<Row, 'recorded' | 'stored' | 'lost' | 'doubled' | 'verdict'>

async function endure(
  fault: Fault,
  plan: FieldPlan & { readonly keep: boolean },
  notes: string[],
): Promise<Endured> {
  const { stack, say, rounds } = plan
  await using field = createField(plan, notes)
  say(`${fault.about} (${rounds} rounds)`)
  try {
    const quarantined = await countQuarantined(stack.addresses.postgres)
    await fault.run(field)
    const counts = await settle(field, quarantined, fault.countBy)
    const { verdict, reason } = await judge(stack.addresses, VERDICT_WITHIN_MILLIS)
    if (reason) field.note(`${verdict}: ${reason}`)
    noteRefusals(field)
    return {
      ...counts,
      verdict: field.hasFallenShort && verdict === 'green' ? 'fell short' : verdict,
    }
  } finally {
    if (plan.keep) await copyLogs(stack.addresses.logs, join(plan.folder, 'logs'))
  }
}

/** With its cause; an error of several, as of a connection tried at two addresses, says nothing by itself. */
function describe(error: unknown): string {
  const inner = error instanceof AggregateError ? error.errors.map(messageOf) : []
  const cause = error instanceof Error && error.cause ? [messageOf(error.cause)] : []
  return [messageOf(error), ...inner, ...cause].filter(Boolean).join(': ')
}

/** Refused records were never promised; how many there were shows what the fault did to the callers. */
function noteRefusals({ ledgers, note }: Field): void {
  for (const [code, times] of ledgers.refused) note(`refused ${times} with ${code}`)
}

function summaryOf({ recorded, stored, lost, doubled, verdict, seconds }: Row): string {
  return `recorded ${recorded}, stored ${stored}, lost ${lost}, doubled ${doubled}, ${verdict}, ${seconds.toFixed(0)} s`
}
