import type { Meter } from '@opentelemetry/api'
import type { OwnMetric, OwnMetrics } from '../core/own-metric.ts'

/** What is counted of audit records. */
export interface AuditMetrics {
  /** So many more are on the producer's disk. */
  recorded(count: number): void
  /** So many have their receipt. */
  delivered(count: number): void
  /** One was not recorded, or not confirmed in time, by error code. */
  refused(code: string): void
  /** One was set aside because the Collector refuses it for itself. */
  parked(): void
  /** So many bytes of the spool were no record. */
  skipped(bytes: number): void
}

/** How the spool of this thread stands. */
export interface SpoolStatus {
  readonly directory: string
  /** Why nothing can be recorded, while that is so. */
  readonly problem?: string
  /** Records of this thread's stream that have no receipt yet. */
  readonly backlogRecords: number
  /** Bytes in the whole folder, those of other processes as of a few seconds ago. */
  readonly bytes: number
  /** Bytes at which records are refused. */
  readonly maxBytes: number
  /** Age of the oldest record that has no receipt, by its own time; 0 when there is none. */
  readonly oldestAgeSeconds: number
}

/** What of it is asked at each scrape. */
export type SpoolLevel = Pick<
  SpoolStatus,
  'backlogRecords' | 'bytes' | 'maxBytes' | 'oldestAgeSeconds'
>

const REFUSED_CODES = ['SPOOL_FULL', 'SPOOL_FAILED', 'OVERLOADED', 'UNAVAILABLE', 'REFUSED']

/** The audit trail's own metrics. */
export const auditMetrics = {
  recorded: {
    kind: 'counter',
    name: 'telltale.audit.records.recorded',
    unit: '{record}',
    description: "Audit records that are on the producer's disk.",
  },
  delivered: {
    kind: 'counter',
    name: 'telltale.audit.records.delivered',
    unit: '{record}',
    description: 'Audit records that the Collector has confirmed as committed.',
  },
  refused: {
    kind: 'counter',
    name: 'telltale.audit.records.refused',
    unit: '{record}',
    description:
      'Audit records that were not recorded, or with the durability stored not confirmed in time, by error code.',
    labels: { error_type: 'an [error code](errors.md)' },
  },
  parked: {
    kind: 'counter',
    name: 'telltale.audit.records.parked',
    unit: '{record}',
    description:
      'Audit records that were set aside because the Collector refuses them: telltale audit parked.',
  },
  skipped: {
    kind: 'counter',
    name: 'telltale.audit.spool.skipped',
    unit: 'By',
    description: 'Bytes of the spool that were no record: torn or altered.',
  },
  backlog: {
    kind: 'gauge',
    name: 'telltale.audit.spool.backlog',
    unit: '{record}',
    description: "Audit records of this process's stream that have no receipt yet.",
  },
  size: {
    kind: 'gauge',
    name: 'telltale.audit.spool.size',
    unit: 'By',
    description: 'Bytes in the folder of the spool, other processes on it included.',
  },
  limit: {
    kind: 'gauge',
    name: 'telltale.audit.spool.limit',
    unit: 'By',
    description: 'Bytes at which the spool refuses records: TELLTALE_AUDIT_SPOOL_MAX_BYTES.',
  },
  oldestAge: {
    kind: 'gauge',
    name: 'telltale.audit.spool.oldest_age',
    unit: 's',
    description:
      'Age of the oldest audit record without a receipt, by its own time; 0 when there is none.',
  },
} as const satisfies OwnMetrics

/** What is counted of copies for reading, when they go to a file. */
export const copyMetrics = {
  lost: {
    kind: 'counter',
    name: 'telltale.audit.copies.lost',
    unit: '{record}',
    description:
      'Copies of audit records that could not be written to TELLTALE_AUDIT_MIRROR_FILE; the records themselves are not lost.',
  },
} as const satisfies OwnMetrics

/** Makes the instrument; answers what counts copies. */
export function createLostCounter(meter: Meter): (copies: number) => void {
  const counter = meter.createCounter(copyMetrics.lost.name, copyMetrics.lost)
  counter.add(0)
  return (copies) => counter.add(copies)
}

/** Makes their instruments. */
export function createAuditMetrics(meter: Meter, level: () => SpoolLevel): AuditMetrics {
  const make = (metric: OwnMetric) => meter.createCounter(metric.name, metric)
  const recorded = make(auditMetrics.recorded)
  const delivered = make(auditMetrics.delivered)
  const refused = make(auditMetrics.refused)
  const parked = make(auditMetrics.parked)
  const skipped = make(auditMetrics.skipped)
  observeLevel(meter, level)
  for (const counter of [recorded, delivered, parked, skipped]) counter.add(0)
  for (const code of REFUSED_CODES) refused.add(0, { 'error.type': `TELLTALE_AUDIT_${code}` })
  return {
    recorded: (count) => recorded.add(count),
    delivered: (count) => delivered.add(count),
    refused: (code) => refused.add(1, { 'error.type': code }),
    parked: () => parked.add(1),
    skipped: (bytes) => skipped.add(bytes),
  }
}

function observeLevel(meter: Meter, level: () => SpoolLevel): void {
  const { backlog, size, limit, oldestAge } = auditMetrics
  const observe = (metric: OwnMetric, read: () => number): void => {
    meter
      .createObservableUpDownCounter(metric.name, metric)
      .addCallback((result) => result.observe(read()))
  }
  observe(backlog, () => level().backlogRecords)
  observe(size, () => level().bytes)
  observe(limit, () => level().maxBytes)
  meter
    .createObservableGauge(oldestAge.name, oldestAge)
    .addCallback((result) => result.observe(level().oldestAgeSeconds))
}
