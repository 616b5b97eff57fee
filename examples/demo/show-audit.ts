import { type AuditRow, readAuditRows } from '../support/audit-rows.ts'
import { eventually } from '../support/eventually.ts'
import { cut, type Terminal } from '../support/terminal.ts'
import type { Answer } from './traffic.ts'

/**
 * Shows the audit records of one trace and counts all of them, read from PostgreSQL as a user who
 * may only read the trail.
 *
 * @throws {Error} unless the claim is recorded exactly once, and every claim and failed log-in is
 */
export async function showAudit(
  terminal: Terminal,
  auditorUrl: string,
  traceId: string,
  answers: readonly Answer[],
): Promise<void> {
  const rows = await eventually(
    'the audit record of the trace',
    async () => readAuditRows(auditorUrl, 'trace_id', traceId),
    (rows) => rows.filter((row) => row.event_name === 'reward_claimed').length === 1,
    { withinMillis: 5_000 },
  )
  const expected = answers.filter(
    ({ status, body }) => body['status'] === 'claimed' || status === 401,
  ).length
  // They are on the disk of the service, and on their way.
  const all = await eventually(
    'all audit records',
    async () => readAuditRows(auditorUrl, 'service_name', 'rewards-api'),
    (found) => found.filter((row) => !row.event_name.startsWith('telltale.')).length >= expected,
    { withinMillis: 10_000 },
  )
  terminal.heading('Audit trail', `SELECT … FROM audit.records WHERE trace_id = '${traceId}'`)
  for (const row of rows) showRow(terminal, row)

  const claimed = answers.filter(({ body }) => body['status'] === 'claimed').length
  const refused = answers.filter(({ status }) => status === 401).length
  const records = {
    reward_claimed: all.filter((row) => row.event_name === 'reward_claimed').length,
    authentication_failed: all.filter((row) => row.event_name === 'authentication_failed').length,
  }
  terminal.line(
    `  in all: ${records.reward_claimed} × reward_claimed for ${claimed} rewards paid, ` +
      `${records.authentication_failed} × authentication_failed for ${refused} forged token`,
  )
  if (records.reward_claimed !== claimed || records.authentication_failed !== refused) {
    throw new Error('the audit trail does not have exactly one record for each event')
  }
}

function showRow(terminal: Terminal, row: AuditRow): void {
  const { paint } = terminal
  const fields = {
    event: `${row.event_name} (${row.action}, ${row.outcome})`,
    actor: `${row.actor_type} ${row.actor_id} from ${row.source_id}`,
    target: `${row.target_type} ${row.target_id}`,
    details: JSON.stringify(row.details),
    occurred: `${row.occurred_at.toISOString()}, committed ${row.recorded_at.toISOString()}`,
    record: row.record_id,
  }
  for (const [name, value] of Object.entries(fields)) {
    terminal.line(`  ${paint('dim', name.padEnd(9))} ${cut(value, terminal.width - 12)}`)
  }
}
