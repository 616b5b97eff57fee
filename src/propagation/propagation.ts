import type { TextMapPropagator } from '@opentelemetry/api'
import { toReason } from '../core/errors.ts'
import { loadFrom, loadPackage } from '../core/load-package.ts'
import { requestScopePropagator } from './request-scope.ts'
import { createBaggageBorder, type BaggageRules } from './baggage-border.ts'

export { baggageEntryOf, setBaggageEntry } from './baggage.ts'
export { noteOrigin, noteRequestOptions, type RequestOptions } from './destination.ts'
export { isRequestId, requestIdOf, setRequestId, withRequestId } from './request-id.ts'
export { hasRoute, serverSpanOf, setRoute } from './server-span.ts'
export { getFromScope, hasRequestScope, setInScope, withRequestScope } from './request-scope.ts'

/**
 * The propagators in the order given, as one.
 *
 * @param rules - which baggage crosses the border
 * @param applicationFolder - where `@opentelemetry/propagator-b3` is looked for
 */
export function createPropagator(
  names: readonly string[],
  rules: BaggageRules,
  applicationFolder: string,
  warnings: string[],
): TextMapPropagator {
  if (names.includes('none')) return requestScopePropagator
  const core = loadPackage('@opentelemetry/core') as typeof import('@opentelemetry/core')
  const propagators = names.flatMap((name): TextMapPropagator[] => {
    if (name === 'tracecontext') return [new core.W3CTraceContextPropagator()]
    if (name === 'baggage') return [createBaggageBorder(new core.W3CBaggagePropagator(), rules)]
    try {
      const b3 = createB3(name, applicationFolder)
      if (b3) return [b3]
      warnings.push(`the propagator ${name} needs @opentelemetry/propagator-b3: install it`)
    } catch (error) {
      warnings.push(`the propagator ${name} cannot be used: ${toReason(error)}`)
    }
    return []
  })
  return new core.CompositePropagator({ propagators: [requestScopePropagator, ...propagators] })
}

function createB3(name: string, folder: string): TextMapPropagator | undefined {
  const found = loadFrom(folder, '@opentelemetry/propagator-b3') as
    | {
        B3Propagator: new (config: { injectEncoding: number }) => TextMapPropagator
        B3InjectEncoding: { SINGLE_HEADER: number; MULTI_HEADER: number }
      }
    | undefined
  if (!found) return undefined
  const { SINGLE_HEADER, MULTI_HEADER } = found.B3InjectEncoding
  return new found.B3Propagator({ injectEncoding: name === 'b3' ? SINGLE_HEADER : MULTI_HEADER })
}
