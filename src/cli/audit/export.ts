import { optional, text } from '../../config/setting.ts'
import { CliError, defineCommand } from '../command.ts'
import { flag, instant, option, postgresOption, required } from '../options.ts'
import { createProgressLine } from '../progress-line.ts'
import { checkpointOptions, dateOf, listOf, newestSchema } from './checkpoint-options.ts'

/** `telltale audit export` */
export const exportCommand = defineCommand({
  name: 'audit export',
  summary: 'Write the audit trail, or a part of it, as an archive that needs no database',
  about: [
    'The archive is a folder of JSON Lines: records, annexes, conflicts, quarantined records and seals, a copy of the checkpoints, and a manifest with counts and SHA-256. "telltale audit verify --archive DIR" verifies it by the same checks as the database.',
    'A part is whole seals (--from, --to) or the records of one monthly partition (--partition); the headers of all seals come along, because the log needs them.',
  ],
  options: {
    postgres: postgresOption,
    out: required(
      option(
        'DIR',
        'Folder of the archive; made when it is not there, and must be empty.',
        optional(text({ default: '' })),
      ),
    ),
    checkpoints: checkpointOptions.checkpoints,
    from: instant('Only what was stored at this moment or later.'),
    to: instant('Only what was stored at this moment or earlier.'),
    partition: option(
      'NAME',
      'Only the records of this partition, records_2026_11.',
      optional(text({ default: '' })),
    ),
    withoutAnnexes: flag('Leave out the details that may have to be erased.'),
  },
  run: async (values, { env, progress }) => {
    const { out, from, to, partition, withoutAnnexes } = values
    if (partition !== undefined && (from !== undefined || to !== undefined)) {
      throw new CliError('use either "--partition" or "--from" and "--to"')
    }
    const { exportArchive } = await import('../../verification/verification.ts')
    const { postgresConfig } = await import('../connect-postgres.ts')
    const manifest = await exportArchive({
      postgres: postgresConfig(values.postgres, env),
      newestSchema: await newestSchema(),
      directory: out,
      checkpoints: listOf(values.checkpoints),
      withoutAnnexes,
      from: dateOf(from),
      to: dateOf(to),
      partition,
      onProgress: createProgressLine(progress).update,
    })
    const counts = Object.entries(manifest.files).map(([file, { lines }]) => `${lines} ${file}`)
    return { json: { directory: out, ...manifest }, text: `${out}: ${counts.join(', ')}` }
  },
})
