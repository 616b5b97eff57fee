import { Client } from 'pg'
import { assert } from '../../support/assert.ts'
import { type AuditRow, readAuditRows } from '../../support/audit-rows.ts'
import { eventually } from '../../support/eventually.ts'
import type { Stage } from '../../support/stage.ts'

/** What the service answered to somebody whose reward was paid. */
export type Paid = Readonly<Record<string, unknown>>

/** Each reward that was paid has one record, with its transaction's way from the database to the chain. */
export async function proveAuditTrail(
  { prove, stack }: Stage,
  paid: readonly Paid[],
): Promise<void> {
  const { postgresAuditor } = stack.addresses
  await prove(
    'each reward that was paid is in the audit trail, once, with its transaction',
    async () => {
      const rows = await eventually(
        `the records of ${paid.length} rewards`,
        async () => readRewards(postgresAuditor),
        (found) => found.length >= paid.length,
        { withinMillis: 60_000 },
      )
      assert(rows.length === paid.length, `${paid.length} were paid, ${rows.length} are recorded`)
      for (const { auditRecordId, txHash, amount } of paid) {
        const row = rows.find(({ record_id }) => record_id === auditRecordId)
        assert(row !== undefined, `there is no record ${String(auditRecordId)}`)
        const { details } = row
        assert(details['txHash'] === txHash, 'a record names another transaction')
        assert(details['amount'] === amount, 'a record names another amount')
        const [ordered, sent] = ['orderedAt', 'sentAt'].map((key) =>
          Date.parse(String(details[key])),
        )
        assert(
          ordered! <= sent! && sent! <= row.occurred_at.getTime() + 1,
          'its times are not in order',
        )
      }
    },
  )
  await prove("the analysts' sum is what was paid", async () => {
    const expected = paid.reduce((sum, { amount }) => sum + Number(amount), 0)
    const summed = await sumOfAmounts(postgresAuditor)
    assert(summed === expected, `it is ${summed}, and ${expected} was paid`)
  })
}

async function readRewards(databaseUrl: string): Promise<AuditRow[]> {
  const rows = await readAuditRows(databaseUrl, 'service_name', 'rewards-api')
  return rows.filter(({ event_name }) => event_name === 'reward_claimed')
}

async function sumOfAmounts(databaseUrl: string): Promise<number> {
  const client = new Client({ connectionString: databaseUrl, connectionTimeoutMillis: 5_000 })
  await client.connect()
  try {
    const { rows } = await client.query<{ readonly sum: string }>(
      `SELECT SUM(amount) FROM audit_events WHERE event = 'reward_claimed'`,
    )
    return Number(rows[0]?.sum)
  } finally {
    await client.end()
  }
}
