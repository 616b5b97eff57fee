import { text } from '../../config/setting.ts'
import { defineCommand } from '../command.ts'
import {
  auditReceiverOptions,
  option,
  postgresOption,
  required,
  timeoutOption,
} from '../options.ts'

/** `telltale audit erase` */
export const eraseCommand = defineCommand({
  name: 'audit erase',
  summary: 'Delete the erasable details of one record and leave proof of it',
  about: [
    'Only what defineAuditEvent() declared erasable can go: the record itself stays, and everything that proves it. The trail records the erasure and its reason first; then the details are deleted. Doing it again changes nothing.',
    'PostgreSQL overwrites what was deleted at the next VACUUM of audit.annexes. Backups and archives made before still hold it.',
  ],
  parameters: [{ name: 'ID', about: 'The record, by its audit.record.id.' }],
  options: {
    postgres: postgresOption,
    reason: required(
      option(
        'TEXT',
        'Why, for the audit record of the erasure; it stays for ever, so it must not repeat what is erased.',
        text<string | undefined>({ default: undefined }),
      ),
    ),
    ...auditReceiverOptions,
    timeoutSeconds: timeoutOption,
  },
  run: async ({ postgres, reason, timeoutSeconds, ...receiver }, { env }, [id]) => {
    const { eraseRecord } = await import('./erase-record.ts')
    const { withPostgres } = await import('../connect-postgres.ts')
    const result = await withPostgres(postgres, env, (client) =>
      eraseRecord(client, { recordId: id!, reason, receiver, timeoutSeconds }),
    )
    const { recordId, erasureRecordId, erased } = result
    return {
      json: result,
      text: erased
        ? `the erasable details of ${recordId} are deleted; the record of it is ${erasureRecordId}`
        : `the erasable details of ${recordId} were deleted before; the record of it is ${erasureRecordId}`,
    }
  },
})
