import { Client as PostgresClient } from 'pg'
import { assert } from '../../support/assert.ts'
import { readAuditRows } from '../../support/audit-rows.ts'
import { eventually } from '../../support/eventually.ts'
import type { Stage } from '../../support/stage.ts'

/** Every certificate that somebody was given has its two records, each once. */
export async function proveAuditTrail(
  { prove, stack }: Stage,
  issued: readonly string[],
): Promise<void> {
  await prove('each certificate issued under load is in the audit trail, once', async () => {
    for (const event of ['certificate_requested', 'certificate_issued']) {
      await eventually(
        `${event} of ${issued.length} certificates`,
        async () => {
          const ids = await targetsOf(event, stack.addresses.postgresAuditor)
          return issued.filter((id) => ids.filter((each) => each === id).length !== 1)
        },
        (unrecorded) => unrecorded.length === 0,
        { withinMillis: 60_000, everyMillis: 500 },
      )
    }
  })
}

/** A renewal is a certificate of its own, and its record says in whose place it was issued. */
export async function proveRenewal(
  { prove, stack }: Stage,
  before: string,
  renewed: Readonly<Record<string, unknown>>,
): Promise<void> {
  await prove(
    'a renewal is recorded with the new certificate and the one it replaces',
    async () => {
      const rows = await eventually(
        'the record of the renewal',
        async () =>
          readAuditRows(stack.addresses.postgresAuditor, 'target_id', String(renewed['id'])),
        (found) => found.some(({ event_name }) => event_name === 'certificate_renewed'),
        { withinMillis: 60_000 },
      )
      const { details } = rows.find(({ event_name }) => event_name === 'certificate_renewed')!
      assert(details['renewedFrom'] === before, `it replaces ${String(details['renewedFrom'])}`)
      assert(
        details['serialNumber'] === renewed['serialNumber'],
        'the record names another serial number',
      )
    },
  )
}

/** What the records of an event are about. */
async function targetsOf(event: string, databaseUrl: string): Promise<(string | null)[]> {
  const rows = await readAuditRows(databaseUrl, 'service_name', 'certificate-api')
  return rows.filter((row) => row.event_name === event).map((row) => row.target_id)
}

/** Not even the superuser of the database changes what is there by the usual commands. */
export async function proveInsertOnly({ prove, stack }: Stage): Promise<void> {
  await prove('audit records are neither changed nor deleted', async () => {
    const client = new PostgresClient({ connectionString: stack.addresses.postgres })
    await client.connect()
    try {
      for (const text of [
        `UPDATE audit.records SET actor_id = 'nobody' WHERE service_name = 'certificate-api'`,
        `DELETE FROM audit.records WHERE service_name = 'certificate-api'`,
        'TRUNCATE audit.records CASCADE',
      ]) {
        const wasDone = await client.query(text).then(
          () => true,
          () => false,
        )
        assert(!wasDone, `it was possible to ${text}`)
      }
    } finally {
      await client.end()
    }
  })
}
