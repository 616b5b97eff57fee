import type { SpanProcessor } from '@opentelemetry/sdk-trace'
import { requestIdOf } from '../propagation/propagation.ts'
import { TENANT_KEY, tenantOf } from '../tenancy/tenancy.ts'

/** Puts the tenant and the id of the request on each span that is started within their work. */
export function createContextSpanProcessor(): SpanProcessor {
  return {
    onStart(span, parentContext) {
      const tenant = tenantOf(parentContext)
      if (tenant !== undefined) span.setAttribute(TENANT_KEY, tenant)
      const requestId = requestIdOf(parentContext)
      if (requestId !== undefined) span.setAttribute('request_id', requestId)
    },
    onEnd: () => undefined,
    forceFlush: async () => undefined,
    shutdown: async () => undefined,
  }
}
