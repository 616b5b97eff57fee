import { startHelper } from '../support/helper-process.ts'
import { bare, toEnvironment } from '../support/variants.ts'
import { startTrailDatabase, type TrailDatabase } from './large-trail.ts'
import type { AuditPart } from './part.ts'
import { type Run, runMeasured } from './run-measured.ts'

const SMALL_SIZES = [10_000, 100_000]

/** 300 000 rows from a table that is larger than the memory, on a machine that does other things as well. */
const READ_TIMEOUT_MILLIS = 900_000

/** How fast `telltale audit verify` is and what memory it takes, on trails of three sizes that are in order. */
export const verify: AuditPart = async (progress, run) => {
  const runs: { records: number; result: Run }[] = []
  for (const records of SMALL_SIZES) {
    await using trail = await startTrailDatabase(records, progress)
    progress(`verifying ${records} records`)
    runs.push({ records, result: await verifyTrail(trail) })
  }
  const large = await run.largeTrail()
  const reading = await readRows(large, progress)
  progress(`verifying ${large.records} records`)
  const result = await verifyTrail(large)
  runs.push({ records: large.records, result })
  const perSecond = large.records / result.seconds
  const perCpuSecond = large.records / result.cpuSeconds
  return {
    figures: [
      { key: 'verifyRecords', value: large.records, unit: 'records' },
      { key: 'verifyPerSecond', value: perSecond, unit: 'records/s' },
      {
        key: 'verifyPerCpuSecond',
        value: perCpuSecond,
        unit: 'records/s',
        yardstick: 'goal 30 000 per core',
      },
      {
        key: 'verifyReadPerSecond',
        value: reading.rows / reading.seconds,
        unit: 'rows/s',
        yardstick: 'node-pg alone, reading what must be verified in one process',
      },
      {
        key: 'verifyToReadRatio',
        value: perSecond / (reading.rows / reading.seconds),
        unit: '',
        yardstick: 'checked with all cores, against read with one',
      },
      ...runs.map(({ records, result: { maxRssBytes } }) => ({
        key: `verify${records}RssMebibytes`,
        value: maxRssBytes / 2 ** 20,
        unit: 'MiB',
        yardstick: 'goal: flat',
      })),
    ],
    notes: [
      'per CPU second: of the verifying process; PostgreSQL works beside it on the same cores',
      'the trails are valid, sealed and checkpointed, and the verdict on each was green',
    ],
  }
}

async function verifyTrail({
  postgresAuditor,
  checkpoints,
  publicKey,
}: TrailDatabase): Promise<Run> {
  const run = await runMeasured(
    ['audit', 'verify', '--json', '--postgres', postgresAuditor].concat(
      ['--checkpoints', checkpoints],
      ['--public-key', publicKey],
    ),
  )
  if (run.code !== 0) {
    throw new Error(`verify ended with ${run.code} on a trail that is in order:\n${run.output}`)
  }
  return run
}

async function readRows(
  { postgresAuditor }: TrailDatabase,
  progress: (line: string) => void,
): Promise<{ rows: number; seconds: number }> {
  progress('reading with node-pg')
  await using reader = await startHelper('read-records.ts', {
    environment: toEnvironment(bare, { POSTGRES_URL: postgresAuditor }),
  })
  return await reader.ask('read', READ_TIMEOUT_MILLIS)
}
