import { SpanKind } from '@opentelemetry/api'
import { operation } from 'telltale'
import { metrics, type PcaOperation } from './metrics.ts'

/** Runs a call of the private CA's API: a span, and the team's metrics about it. */
export async function measurePcaCall<Result>(
  name: PcaOperation,
  call: () => Promise<Result>,
): Promise<Result> {
  return operation(
    `ACM-PCA ${name}`,
    {
      kind: SpanKind.CLIENT,
      component: 'private-ca',
      measure: ({ outcome, seconds }) => {
        const status = outcome === 'success' ? 'success' : 'error'
        metrics.pcaCalls.add(1, { operation: name, status })
        metrics.pcaLatency.record(seconds, { operation: name })
      },
    },
    call,
  )
}
