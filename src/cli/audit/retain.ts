import { optional, text, wholeNumber } from '../../config/setting.ts'
import { CliError, defineCommand, type Outcome } from '../command.ts'
import {
  auditReceiverOptions,
  flag,
  instant,
  option,
  postgresOption,
  required,
  timeoutOption,
} from '../options.ts'
import { checkpointOptions, listOf } from './checkpoint-options.ts'
import type { RetentionResult } from './retain-partition.ts'

/** `telltale audit retain` */
export const retainCommand = defineCommand({
  name: 'audit retain',
  summary: 'Drop months of the trail whose time is over, and leave proof of it',
  about: [
    'Only whole months go, the oldest first: older than the floor (a year, unless "telltale audit migrate --retention-floor-days" has set another one), every row covered by a checkpoint, and exported to an archive that verifies. The trail records what goes and waits for a checkpoint over that; only then is the partition dropped. What explains other records is kept. "telltale audit verify" stays green.',
    'Needs a user of the role audit_keeper. A run that was stopped is simply started again.',
  ],
  options: {
    postgres: postgresOption,
    partition: option(
      'NAME',
      'The one to drop: records_2025_11.',
      optional(
        text({
          default: '',
          rule: 'the name of a monthly partition, as records_2025_11',
          accepts: (value) => /^records_\d{4}_(?:0[1-9]|1[0-2])$/.test(value),
        }),
      ),
    ),
    before: instant('Drop every month that ended by then.'),
    archive: required(
      option(
        'DIR',
        'The archive that "telltale audit export --partition --checkpoints" made, or the folder that holds one for each, named after its partition.',
        text<string | undefined>({ default: undefined }),
      ),
    ),
    checkpoints: required(checkpointOptions.checkpoints),
    publicKey: required(checkpointOptions.publicKey),
    floorDays: option(
      'N',
      'Keep at least so many days: more than the floor of the database, less has no effect.',
      optional(wholeNumber({ default: 0, min: 1, max: 36_500 })),
    ),
    dryRun: flag('Say what would go, and check everything that must hold; change nothing.'),
    ...auditReceiverOptions,
    timeoutSeconds: timeoutOption,
  },
  run: async (values, { env, progress }) => {
    const { partition, before } = values
    if ((partition === undefined) === (before === undefined)) {
      throw new CliError('give either "--partition" or "--before"')
    }
    const { retainMonths } = await import('./retain-months.ts')
    const results = await retainMonths(
      {
        ...values,
        receiver: values,
        checkpoints: listOf(values.checkpoints),
        publicKeys: listOf(values.publicKey),
      },
      env,
      progress,
    )
    return toOutcome(results, values.dryRun)
  },
})

function toOutcome(results: readonly RetentionResult[], dryRun: boolean): Outcome {
  const lines = results.map(
    ({ partition, records, kept, recordId }) =>
      `${partition}: ${records} records ${dryRun ? 'would go' : `are gone, by ${recordId}`}${kept > 0 ? `; ${kept} that explain others ${dryRun ? 'would stay' : 'stay'} in records_default` : ''}`,
  )
  return {
    json: { retained: results, dryRun },
    text: lines.join('\n') || 'no month has ended by then',
  }
}
