import type { Meter } from '@opentelemetry/api'

/** What is counted of audit records. */
export interface AuditMetrics {
  recorded(): void
  stored(count: number): void
  /** A record that was handed over and not confirmed, by error code. */
  refused(code: string): void
}

/**
 * The audit trail's own metrics.
 *
 * @param pending - records waiting for the Collector, asked at each scrape
 */
export function createAuditMetrics(meter: Meter, pending: () => number): AuditMetrics {
  const recorded = meter.createCounter('telltale.audit.records.recorded', {
    unit: '{record}',
    description: 'Audit records handed over for delivery.',
  })
  const stored = meter.createCounter('telltale.audit.records.stored', {
    unit: '{record}',
    description: 'Audit records that the Collector has confirmed as committed.',
  })
  const refused = meter.createCounter('telltale.audit.records.refused', {
    unit: '{record}',
    description: 'Audit records that were handed over and not confirmed, by error code.',
  })
  meter
    .createObservableUpDownCounter('telltale.audit.records.pending', {
      unit: '{record}',
      description: 'Audit records waiting for the Collector, those on their way included.',
    })
    .addCallback((result) => result.observe(pending()))
  recorded.add(0)
  stored.add(0)
  for (const code of ['OVERLOADED', 'REFUSED', 'UNAVAILABLE']) {
    refused.add(0, { 'error.type': `TELLTALE_AUDIT_${code}` })
  }
  return {
    recorded: () => recorded.add(1),
    stored: (count) => stored.add(count),
    refused: (code) => refused.add(1, { 'error.type': code }),
  }
}
