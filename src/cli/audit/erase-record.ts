import { createUuidV7, isUuid } from '../../core/ids.ts'
import { CliError } from '../command.ts'
import type { MigrationClient } from './migrations.ts'
import { type AuditReceiver, sendOwnRecord } from './send-own-record.ts'
import { untilStored } from './until-stored.ts'

/** What to erase, and where the record of it goes. */
export interface Erasure {
  readonly recordId: string
  readonly reason: string
  readonly receiver: AuditReceiver
  readonly timeoutSeconds: number
}

/** What an erasure came to. */
export interface ErasureResult {
  readonly recordId: string
  /** The audit record that says so. */
  readonly erasureRecordId: string
  /** Whether something was deleted now; `false` when it had been before. */
  readonly erased: boolean
}

/**
 * Has the trail record the erasure, then deletes the annex of the record.
 *
 * @throws {CliError} when there is no such record, or it has nothing that can be erased
 */
export async function eraseRecord(
  client: MigrationClient,
  { recordId: given, reason, receiver, timeoutSeconds }: Erasure,
): Promise<ErasureResult> {
  if (!isUuid(given)) throw new CliError(`ID must be a UUID; got ${JSON.stringify(given)}`)
  const recordId = given.toLowerCase()
  const { hasAnnex, erasureRecordId: earlier } = await look(client, recordId)
  if (!hasAnnex && earlier !== null) return { recordId, erasureRecordId: earlier, erased: false }
  const erasureRecordId = earlier ?? createUuidV7(Date.now())
  // One that was stopped in between has its record already.
  if (earlier === null) {
    const record = {
      recordId: erasureRecordId,
      eventName: 'telltale.audit.record.erased',
      action: 'ERASE',
      target: { type: 'audit_record', id: recordId },
      details: { recordId, reason },
      occurredAt: new Date(),
    }
    await sendOwnRecord(record, receiver, timeoutSeconds * 1_000)
    await untilStored(client, erasureRecordId, timeoutSeconds * 1_000)
  }
  const { rows } = await client.query('SELECT audit.erase_annex($1) AS erased', [recordId])
  const [row] = rows as readonly { readonly erased: boolean }[]
  return { recordId, erasureRecordId, erased: row!.erased }
}

interface Found {
  readonly hasAnnex: boolean
  readonly erasureRecordId: string | null
}

async function look(client: MigrationClient, recordId: string): Promise<Found> {
  const { rows } = await client.query(
    `SELECT r.annex_hash IS NOT NULL AS "isErasable",
       EXISTS (SELECT FROM audit.annexes a WHERE a.record_id = r.record_id) AS "hasAnnex",
       (SELECT e.record_id FROM audit.records e
        WHERE e.event_name = 'telltale.audit.record.erased' AND e.details ->> 'recordId' = r.record_id::text
        ORDER BY e.record_id LIMIT 1) AS "erasureRecordId"
     FROM audit.records r WHERE r.record_id = $1`,
    [recordId],
  )
  const [found] = rows as readonly (Found & { readonly isErasable: boolean })[]
  if (!found) throw new CliError(`there is no record ${recordId} in this trail`)
  if (!found.isErasable) {
    throw new CliError(
      `the record ${recordId} has nothing that can be erased: its event declares no erasable fields`,
    )
  }
  if (!found.hasAnnex && found.erasureRecordId === null) {
    throw new CliError(
      `the erasable details of ${recordId} are gone without a record of it; see "telltale audit verify"`,
    )
  }
  return found
}
