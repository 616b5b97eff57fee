import { createContextKey, type Context } from '@opentelemetry/api'
import type { LogRecordProcessor, ReadableLogRecord } from '@opentelemetry/sdk-logs'
import type { AuditDelivery } from './audit-delivery.ts'

/** Told of what became of the record that is emitted in a context. */
export type Outcome = (delivered: Promise<void>) => void

const OUTCOME = createContextKey('telltale audit outcome')

/** A context in which the record that is emitted next reports what became of it. */
export function withOutcome(context: Context, outcome: Outcome): Context {
  return context.setValue(OUTCOME, outcome)
}

/** Delivers every record that the audit logger emits; nothing is dropped, sampled or batched away. */
export function createAuditRecordProcessor(
  delivery: AuditDelivery<ReadableLogRecord>,
): LogRecordProcessor {
  return {
    onEmit(record, context) {
      const outcome = context?.getValue(OUTCOME) as Outcome | undefined
      const delivered = delivery.deliver(record)
      if (outcome) outcome(delivered)
      else delivered.catch(() => undefined)
    },
    forceFlush: () => delivery.idle(),
    shutdown: () => delivery.idle(),
  }
}
