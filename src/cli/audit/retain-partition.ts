import { createUuidV7 } from '../../core/ids.ts'
import { CliError } from '../command.ts'
import type { CheckpointFiles } from './checkpoint-coverage.ts'
import type { MigrationClient } from './migrations.ts'
import { type AuditReceiver, sendOwnRecord } from './send-own-record.ts'
import { type SealOfRecord, untilStored } from './until-stored.ts'

/** What is needed to let a partition go. */
export interface RetentionRequest {
  readonly partition: string
  readonly receiver: AuditReceiver
  readonly checkpoints: CheckpointFiles
  /** Keeps longer than the floor of the database, never shorter. */
  readonly floorDays: number | undefined
  readonly timeoutSeconds: number
  /** Checks everything and changes nothing. */
  readonly dryRun: boolean
  /** Throws when what was stored in this time does not verify, in the database and in the archive. */
  readonly check: (plan: RetentionPlan, stored: Stored) => Promise<void>
  readonly progress: (line: string) => void
}

/** What dropping a partition takes: a row of `audit.plan_retention()`. */
export interface RetentionPlan {
  readonly partition: string
  readonly from: Date
  readonly to: Date
  readonly records: number
  /** Records that explain others: they stay. */
  readonly kept: number
  readonly lastRecordedAt: Date | null
  /** Hexadecimal. */
  readonly digest: string
}

/** When the rows of a partition were stored, and by whom sealed. */
export interface Stored {
  readonly from: Date
  readonly to: Date
  readonly seals: readonly SealOfRecord[]
}

/** A partition that is gone. */
export interface RetentionResult {
  readonly partition: string
  readonly records: number
  readonly kept: number
  readonly digest: string
  /** The audit record that says so; nothing after a dry run. */
  readonly recordId?: string
}

const EVENT = 'telltale.audit.partition.retained'

/**
 * Has the trail record what goes, waits until a checkpoint covers that, and has the partition dropped.
 *
 * Started again after it was stopped anywhere, it goes on from there.
 *
 * @throws {CliError} saying what keeps the partition; then nothing was dropped
 */
export async function retainPartition(
  client: MigrationClient,
  request: RetentionRequest,
): Promise<RetentionResult> {
  const { partition, checkpoints, progress, timeoutSeconds } = request
  const plan = await readPlan(client, partition)
  await requireAge(client, plan, request.floorDays)
  const stored = await readStored(client, plan)
  if (stored) {
    await checkpoints.requireCovered(stored.seals, `the rows of ${partition}`)
    await request.check(plan, stored)
  }
  const { records, kept, digest } = plan
  if (request.dryRun) return { partition, records, kept, digest }
  const earlier = await findRecord(client, plan)
  const recordId = earlier ?? createUuidV7(Date.now())
  if (earlier === undefined) {
    progress(`${partition}: recording that ${plan.records} records go`)
    await sendOwnRecord(toRecord(recordId, plan), request.receiver, timeoutSeconds * 1_000)
  }
  const seal = await untilStored(client, recordId, timeoutSeconds * 1_000)
  progress(`${partition}: waiting for the checkpoint that covers the record ${recordId}`)
  await checkpoints.untilCovered(seal, timeoutSeconds * 1_000)
  await drop(client, partition, recordId, timeoutSeconds * 1_000)
  return { partition, records, kept, digest, recordId }
}

async function readPlan(client: MigrationClient, partition: string): Promise<RetentionPlan> {
  const { rows } = await client.query(
    `SELECT $1::text AS partition, from_time AS "from", to_time AS "to", records::float8 AS records, kept::float8 AS kept,
       last_recorded_at AS "lastRecordedAt", encode(digest, 'hex') AS digest
     FROM audit.plan_retention($1)`,
    [partition],
  )
  return (rows as readonly RetentionPlan[])[0]!
}

/** The function that drops it checks the floor of the database again; here it is said before anything is recorded. */
async function requireAge(
  client: MigrationClient,
  { partition, to, lastRecordedAt }: RetentionPlan,
  floorDays: number | undefined,
): Promise<void> {
  const { rows } = await client.query(
    `SELECT least(now() - audit.retention_floor(), now() - make_interval(days => $1)) AS limit, audit.retention_floor()::text AS floor`,
    [floorDays ?? 0],
  )
  const [{ limit, floor }] = rows as [{ readonly limit: Date; readonly floor: string }]
  const youngest = lastRecordedAt && lastRecordedAt > to ? lastRecordedAt : to
  if (youngest <= limit) return
  const rule = floorDays === undefined ? floor : `${floor}, and --floor-days ${floorDays}`
  throw new CliError(
    youngest === to
      ? `${partition} is not old enough: its month ended at ${to.toISOString()}, and the floor is ${rule}`
      : `${partition} is not old enough: a record in it was stored at ${youngest.toISOString()}, and the floor is ${rule}`,
  )
}

/** Nothing of a partition without rows. */
async function readStored(
  client: MigrationClient,
  { from, to }: RetentionPlan,
): Promise<Stored | undefined> {
  const { rows } = await client.query(
    `SELECT sealer_id AS sealer, max(seal_number)::float8 AS seal,
       min(recorded_at) AS "from", max(recorded_at) + interval '1 millisecond' AS "to"
     FROM audit.records WHERE record_id >= audit.first_id_at($1) AND record_id < audit.first_id_at($2) GROUP BY sealer_id`,
    [from, to],
  )
  const seals = rows as readonly (SealOfRecord & { readonly from: Date; readonly to: Date })[]
  if (seals.length === 0) return undefined
  return {
    from: new Date(Math.min(...seals.map((each) => each.from.getTime()))),
    to: new Date(Math.max(...seals.map((each) => each.to.getTime()))),
    seals,
  }
}

/** The record of a run that was stopped before it dropped the partition. */
async function findRecord(
  client: MigrationClient,
  { partition, digest, records }: RetentionPlan,
): Promise<string | undefined> {
  const { rows } = await client.query(
    `SELECT record_id AS "recordId" FROM audit.records
     WHERE event_name = $1 AND details ->> 'partition' = $2 AND details ->> 'digest' = $3 AND details ->> 'records' = $4
     ORDER BY record_id LIMIT 1`,
    [EVENT, partition, digest, String(records)],
  )
  return (rows as readonly { readonly recordId: string }[])[0]?.recordId
}

function toRecord(
  recordId: string,
  { partition, from, to, records, digest }: RetentionPlan,
): Parameters<typeof sendOwnRecord>[0] {
  return {
    recordId,
    eventName: EVENT,
    action: 'RETAIN',
    target: { type: 'audit_partition', id: partition },
    details: { partition, from: from.toISOString(), to: to.toISOString(), records, digest },
    occurredAt: new Date(),
  }
}

/** Lock timeout and deadlock: somebody was reading or writing just then. */
const BUSY = new Set(['55P03', '40P01'])
const PAUSE_MILLIS = 1_000

async function drop(
  client: MigrationClient,
  partition: string,
  recordId: string,
  withinMillis: number,
): Promise<void> {
  const deadline = Date.now() + withinMillis
  for (;;) {
    try {
      await client.query('SELECT audit.retain_partition($1, $2)', [partition, recordId])
      return
    } catch (error) {
      const { code, message } = error as Error & { code?: string }
      if (!BUSY.has(code ?? '') || Date.now() > deadline) {
        throw new CliError(`${partition} was not dropped: ${message}`, { cause: error })
      }
    }
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MILLIS))
  }
}
