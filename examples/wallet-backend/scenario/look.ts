import { type AuditRow, readAuditRows } from '../../support/audit-rows.ts'
import { eventually } from '../../support/eventually.ts'
import { type LogLine, readLogs } from '../../support/logs.ts'
import type { Stage } from '../../support/stage.ts'

export const PATIENCE = { withinMillis: 60_000 }

/** Waits for log lines that a query finds. */
export async function linesOf({ stack }: Stage, query: string): Promise<LogLine[]> {
  return eventually(
    `log lines of ${query}`,
    async () => readLogs(stack.addresses.loki, { query }),
    (lines) => lines.length > 0,
    PATIENCE,
  )
}

/** Waits for the first record of an event. */
export async function recordOf(
  { stack }: Stage,
  service: string,
  event: string,
): Promise<AuditRow> {
  const rows = await eventually(
    `a record of ${event}`,
    async () => readAuditRows(stack.addresses.postgresAuditor, 'service_name', service),
    (found) => found.some(({ event_name }) => event_name === event),
    PATIENCE,
  )
  return rows.find(({ event_name }) => event_name === event)!
}
