import { optional, wholeNumber } from '../../config/setting.ts'
import { CliError, defineCommand, type Outcome } from '../command.ts'
import { flag, option, postgresOption } from '../options.ts'
import type { MigrationReport } from './migrations.ts'

/** `telltale audit migrate` */
export const migrateCommand = defineCommand({
  name: 'audit migrate',
  summary: 'Bring the audit schema of a database to the newest version',
  about: [
    'Runs the numbered migrations that the database does not have yet, all in one transaction, and makes the monthly partitions up to 24 months ahead: run it at each upgrade, and at least once a year. Runs at the same time wait for each other. A schema newer than this version of telltale is refused.',
    'Needs a superuser, because it creates roles, the schema and event triggers. Where that is somebody else, --print writes the SQL for them.',
  ],
  options: {
    postgres: postgresOption,
    dryRun: flag(
      'Do everything and take it back: shows what would change, and whether it would work.',
    ),
    retentionFloorDays: option(
      'N',
      'How old records must be before "telltale audit retain" may drop their month, in days. A year as long as nobody has set it.',
      optional(wholeNumber({ default: 0, min: 62, max: 36_500 })),
    ),
    print: flag('Print the SQL of all migrations instead of running them; needs no database.'),
  },
  run: async ({ postgres, dryRun, print, retentionFloorDays }, { env }) => {
    const { migrateAuditSchema, readMigrations } = await import('./migrations.ts')
    if (dryRun && print) throw new CliError('use either "--dry-run" or "--print"')
    if (print) {
      const migrations = await readMigrations()
      const text = migrations.map(({ sql }) => `BEGIN;\n${sql}COMMIT;`).join('\n\n')
      return { json: { migrations }, text }
    }
    const { withPostgres } = await import('../connect-postgres.ts')
    const report = await withPostgres(postgres, env, (client) =>
      migrateAuditSchema(client, { dryRun, retentionFloorDays }),
    )
    return toOutcome(report, dryRun)
  },
})

function toOutcome(report: MigrationReport, dryRun: boolean): Outcome {
  const { before, after, applied, partitionsCreated, partitionsBlocked } = report
  const would = dryRun ? 'would be ' : ''
  const lines = [
    ...applied.map(({ version, name }) => `migration ${version} (${name}) ${would}applied`),
    ...partitionsCreated.map((name) => `partition ${name} ${would}made`),
    ...partitionsBlocked.map(
      (name) => `partition ${name} cannot be made: records_default holds ids of its month`,
    ),
    before === after
      ? `the schema is at version ${after}: no migration is missing`
      : `the schema ${dryRun ? `would go from version ${before} to ${after}; nothing was changed` : `went from version ${before} to ${after}`}`,
  ]
  return { json: { ...report, dryRun }, text: lines.join('\n') }
}
