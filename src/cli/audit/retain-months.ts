import { verify, type Verdict } from '../../verification/verification.ts'
import { CliError, type CommandContext } from '../command.ts'
import { postgresConfig, withPostgres } from '../connect-postgres.ts'
import { checkArchive } from './check-archive.ts'
import { openCheckpoints } from './checkpoint-coverage.ts'
import { newestSchema } from './checkpoint-options.ts'
import { listPartitions } from './list-partitions.ts'
import {
  retainPartition,
  type RetentionPlan,
  type RetentionRequest,
  type RetentionResult,
  type Stored,
} from './retain-partition.ts'

/** Which months go, and by what they are proved first. */
export interface MonthsToRetain extends Pick<
  RetentionRequest,
  'receiver' | 'floorDays' | 'timeoutSeconds' | 'dryRun'
> {
  readonly postgres: string | undefined
  readonly partition: string | undefined
  readonly before: string | undefined
  readonly archive: string
  readonly checkpoints: readonly string[]
  readonly publicKeys: readonly string[]
}

/** Drops months one after the other, each only after it has been verified in the database and in its archive. */
export async function retainMonths(
  months: MonthsToRetain,
  env: CommandContext['env'],
  progress: CommandContext['progress'],
): Promise<readonly RetentionResult[]> {
  const { postgres, checkpoints, publicKeys, archive } = months
  const proofs = { checkpoints, publicKeys }
  const newest = await newestSchema()
  const verifyStored = async ({ partition }: RetentionPlan, { from, to }: Stored): Promise<void> =>
    requireNotRed(
      await verify({
        postgres: postgresConfig(postgres, env),
        newestSchema: newest,
        ...proofs,
        from,
        to,
      }),
      partition,
    )
  return withPostgres(postgres, env, async (client) => {
    const results: RetentionResult[] = []
    for (const partition of await listPartitions(client, months.partition, months.before)) {
      const request: RetentionRequest = {
        ...months,
        partition,
        progress,
        checkpoints: openCheckpoints(checkpoints, publicKeys),
        check: async (plan, stored) => {
          progress(`${partition}: verifying what is stored, and the archive`)
          await verifyStored(plan, stored)
          await checkArchive(client, plan, { directory: archive, publicKeys })
        },
      }
      results.push(await retainPartition(client, request))
    }
    return results
  })
}

/** Who drops what does not verify destroys what could explain it. */
function requireNotRed({ verdict, first }: Verdict, partition: string): void {
  if (verdict !== 'red') return
  throw new CliError(
    `${partition} stays: its time does not verify. ${first ? `${first.rule}: ${first.message}` : ''}`,
  )
}
