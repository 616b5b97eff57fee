import type { LogRecordProcessor } from '@opentelemetry/sdk-logs'
import { requestIdOf } from '../propagation/propagation.ts'
import { TENANT_KEY, tenantOf } from '../tenancy/tenancy.ts'

/** Copies of audit records, which say themselves whose they are: an administrator may act on a tenant that is not theirs. */
const SAY_THEMSELVES = 'telltale.audit.mirror'

/**
 * Puts the tenant and the id of the request on each log record that is made within their work, whoever makes it.
 *
 * An attribute of the same name does not displace them: what is read by tenant must not depend on what a caller names its
 * fields.
 */
export function createContextLogRecordProcessor(): LogRecordProcessor {
  return {
    onEmit(record, context) {
      if (context === undefined || record.instrumentationScope.name === SAY_THEMSELVES) return
      const tenant = tenantOf(context)
      // Not by setAttribute(): it drops what comes last when a record has as many attributes as it may.
      if (tenant !== undefined) record.attributes[TENANT_KEY] = tenant
      const requestId = requestIdOf(context)
      if (requestId !== undefined) record.attributes['request_id'] = requestId
    },
    forceFlush: async () => undefined,
    shutdown: async () => undefined,
  }
}
