import { CliError } from '../command.ts'
import type { MigrationClient } from './migrations.ts'

/** Which seal covers a record. */
export interface SealOfRecord {
  readonly sealer: string
  readonly seal: number
}

const PAUSE_MILLIS = 200

/**
 * Waits until the database has a record, and says which seal covers it.
 *
 * The receipt came from the same database, unless the receiver writes to another one: that is what is found here.
 *
 * @throws {CliError} when it is not there in time
 */
export async function untilStored(
  client: MigrationClient,
  recordId: string,
  withinMillis: number,
): Promise<SealOfRecord> {
  const deadline = Date.now() + withinMillis
  for (;;) {
    const { rows } = await client.query(
      'SELECT sealer_id AS sealer, seal_number::float8 AS seal FROM audit.records WHERE record_id = $1',
      [recordId],
    )
    const [found] = rows as readonly SealOfRecord[]
    if (found) return found
    if (Date.now() > deadline) {
      throw new CliError(
        `the audit receiver confirmed the record ${recordId}, but this database does not have it: does the receiver write to another database, or read here from a replica?`,
      )
    }
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MILLIS))
  }
}
