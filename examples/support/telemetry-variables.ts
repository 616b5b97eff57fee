import { join } from 'node:path'
import type { StackAddresses } from '../../deploy/stack/addresses.ts'

/** All that a service needs to be told about telemetry; its code says nothing of it. */
export function telemetryVariables(
  addresses: Pick<StackAddresses, 'otlp' | 'auditOtlp' | 'auditToken'>,
  logDirectory: string,
  name: string,
): Record<string, string> {
  return {
    OTEL_SERVICE_NAME: name,
    OTEL_EXPORTER_OTLP_ENDPOINT: addresses.otlp,
    TELLTALE_AUDIT_ENDPOINT: addresses.auditOtlp,
    TELLTALE_AUDIT_TOKEN: addresses.auditToken,
    // Beside the logs of the stack that the records are for: another stack must not get them.
    TELLTALE_AUDIT_SPOOL_DIRECTORY: join(logDirectory, 'spool'),
    // Somebody is watching: send after a moment instead of every 5 s.
    OTEL_BSP_SCHEDULE_DELAY: '300',
    OTEL_BLRP_SCHEDULE_DELAY: '300',
  }
}
