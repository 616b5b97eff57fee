import { CliError } from '../command.ts'
import { explainAbsence } from './absent-schema.ts'
import type { MigrationClient } from './migrations.ts'

/**
 * The partitions to drop, the oldest first: the named one, or those of months that ended by a moment.
 *
 * @throws {CliError} when the named one is not there, or not the oldest
 */
export async function listPartitions(
  client: MigrationClient,
  partition: string | undefined,
  before: string | undefined,
): Promise<readonly string[]> {
  const { rows } = await client
    .query(
      `SELECT c.relname AS name, (to_date(substr(c.relname, 9), 'YYYY_MM') + interval '1 month') AT TIME ZONE 'UTC' <= $1::timestamptz AS ended
       FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
       WHERE i.inhparent = 'audit.records'::regclass AND c.relname ~ '^records_[0-9]{4}_[0-9]{2}$' ORDER BY c.relname`,
      [before ?? '-infinity'],
    )
    .catch(explainAbsence)
  const partitions = rows as readonly { readonly name: string; readonly ended: boolean }[]
  if (partition === undefined) {
    return partitions.filter(({ ended }) => ended).map(({ name }) => name)
  }
  const place = partitions.findIndex(({ name }) => name === partition)
  if (place === -1) throw new CliError(await whyAbsent(client, partition))
  if (place > 0) {
    throw new CliError(`${partitions[0]!.name} is older than ${partition} and goes first`)
  }
  return [partition]
}

async function whyAbsent(client: MigrationClient, partition: string): Promise<string> {
  const { rows } = await client.query(
    'SELECT retained_at AS "retainedAt", record_id AS "recordId" FROM audit.retained WHERE partition = $1',
    [partition],
  )
  const [gone] = rows as readonly { readonly retainedAt: Date; readonly recordId: string }[]
  return gone
    ? `${partition} is gone since ${gone.retainedAt.toISOString()}; the record of it is ${gone.recordId}`
    : `there is no partition ${partition}`
}
