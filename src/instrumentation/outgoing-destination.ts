import type { Span } from '@opentelemetry/api'
import type { Instrumentation, InstrumentationConfig } from '@opentelemetry/instrumentation'
import { noteOrigin, noteRequestOptions, type RequestOptions } from '../propagation/propagation.ts'
import { headersOfList } from './outgoing-headers.ts'

interface HookConfig extends InstrumentationConfig {
  ignoreOutgoingRequestHook?: (options: RequestOptions) => boolean
  requestHook?: (span: Span, request: UndiciRequest) => void
}

/** A copy of what the application gave, which the request is then made with. */
type OwnOptions = RequestOptions & { headers?: unknown }

interface UndiciRequest {
  readonly origin?: unknown
  readonly path?: unknown
}

/**
 * Lets the propagator know where the headers go that it is asked to write: baggage is for listed hosts only.
 *
 * Headers that are a list are made an object on the way: see {@link headersOfList}.
 *
 * Of the hooks that the instrumentations have, these are the ones called before they inject. Hooks that are set already
 * stay in force.
 */
export function noteDestinations(instrumentation: Instrumentation): void {
  const config = instrumentation.getConfig() as HookConfig
  if (instrumentation.instrumentationName === '@opentelemetry/instrumentation-http') {
    const { ignoreOutgoingRequestHook: ignored } = config
    instrumentation.setConfig({
      ...config,
      ignoreOutgoingRequestHook: (options: OwnOptions) => {
        if (ignored?.(options) ?? false) return true
        options.headers = headersOfList(options.headers) ?? options.headers
        noteRequestOptions(options)
        return false
      },
    } as HookConfig)
  }
  if (instrumentation.instrumentationName === '@opentelemetry/instrumentation-undici') {
    const { requestHook } = config
    instrumentation.setConfig({
      ...config,
      requestHook: (span: Span, request: UndiciRequest) => {
        noteOrigin(span, request.origin, request.path)
        requestHook?.(span, request)
      },
    } as HookConfig)
  }
}
