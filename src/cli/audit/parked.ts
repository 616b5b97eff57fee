import type { ParkedRecord } from '../../audit/spool/parked.ts'
import { optional, text } from '../../config/setting.ts'
import { printable } from '../../core/printable.ts'
import { CliError, defineCommand, type Outcome } from '../command.ts'
import { auditReceiverOptions, flag, option, timeoutOption } from '../options.ts'

/** `telltale audit parked` */
export const parkedCommand = defineCommand({
  name: 'audit parked',
  summary: 'List the records that the Collector refused, or send them again',
  about: [
    'A producer parks a record that is refused for itself, so that it does not hold up the others, and says so in the trail. Run this on the machine of the producer, as its user. Once the cause is gone, --resend delivers them: those that are committed are parked no more.',
  ],
  options: {
    spool: option(
      'DIR',
      'The spool of the producer. Default: the one of this user.',
      optional(text({ env: 'TELLTALE_AUDIT_SPOOL_DIRECTORY', default: '' })),
    ),
    resend: flag('Send them again, each alone.'),
    ...auditReceiverOptions,
    timeoutSeconds: timeoutOption,
  },
  exitCodes: { 1: 'Records are parked.' },
  run: async ({ spool, resend, timeoutSeconds, ...receiver }, { env }) => {
    const { stat } = await import('node:fs/promises')
    const { homedir } = await import('node:os')
    const { defaultSpoolDirectory } = await import('../../audit/spool/spool-folder.ts')
    const { listParked, resendParked } = await import('../../audit/spool/parked.ts')
    const folder = spool ?? defaultSpoolDirectory(homedir(), env['XDG_STATE_HOME'])
    await stat(folder).catch(() => {
      throw new CliError(`there is no spool at ${folder}; "--spool" says where it is`)
    })
    if (!resend) return toOutcome(folder, (await listParked(folder)).map(toJson), [])
    const { createReceiverPost } = await import('./send-own-record.ts')
    const post = await createReceiverPost(receiver, 'application/x-protobuf')
    const results = await resendParked(folder, post, { timeoutMillis: timeoutSeconds * 1_000 })
    const refused = results.filter((result) => result.refused !== undefined)
    return toOutcome(
      folder,
      refused.map(({ record, refused }) => ({ ...toJson(record), reason: refused! })),
      results.filter((result) => result.refused === undefined).map(({ record }) => toJson(record)),
    )
  },
})

interface ShownRecord {
  readonly recordId: string
  readonly eventName: string
  readonly streamId: string
  readonly sequence: number
  readonly hash: string
  readonly reason: string
  readonly parkedAt: string
}

function toJson(record: ParkedRecord): ShownRecord {
  const { streamId, hash, reason, parkedAt, frame } = record
  const { recordId, eventName, sequence } = frame
  return { recordId, eventName, streamId, sequence, hash, reason, parkedAt }
}

/** No details of a record are shown: they are for the trail's readers. */
function toOutcome(
  spool: string,
  parked: readonly ShownRecord[],
  delivered: readonly ShownRecord[],
): Outcome {
  const lines = [
    ...delivered.map((record) => printable(`delivered  ${toLine(record)}`)),
    ...parked.map((record) => printable(`parked     ${toLine(record)}: ${record.reason}`)),
    `${parked.length} parked${delivered.length > 0 ? `, ${delivered.length} delivered` : ''} in ${spool}`,
  ]
  return {
    exitCode: parked.length > 0 ? 1 : 0,
    json: { spool, parked, delivered },
    text: lines.join('\n'),
  }
}

function toLine({ recordId, eventName, streamId, sequence, parkedAt }: ShownRecord): string {
  return `${recordId} ${eventName}, #${sequence} of stream ${streamId}, ${parkedAt}`
}
