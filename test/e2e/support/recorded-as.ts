import type { Stack } from '../../../deploy/stack/stack.ts'
import {
  type AuditKey,
  type AuditRow,
  readAuditRows,
} from '../../../examples/support/audit-rows.ts'
import { eventually } from '../../../examples/support/eventually.ts'

/** The audit records with a value in a column, once there are any: a record that is on the producer's disk is on its way. */
export async function recordedAs(stack: Stack, key: AuditKey, value: string): Promise<AuditRow[]> {
  return eventually(
    `the audit record with ${key} ${value}`,
    async () => readAuditRows(stack.addresses.postgresAuditor, key, value),
    (rows) => rows.length > 0,
    { withinMillis: 30_000 },
  )
}
