import { expectTypeOf } from 'expect-type'
import {
  audit,
  counter,
  defineAuditEvent,
  defineMetrics,
  health,
  histogram,
  job,
  operation,
  upTo,
  type CheckAnswer,
  type Job,
  type OperationEnd,
} from '../../src/index.ts'
import type { StandardSchema } from '../../src/audit/standard-schema.ts'

declare function dump(): Promise<{ readonly bytes: number }>
declare const backupDetails: StandardSchema<{ readonly size_bytes: number }>

// An operation returns what its work returns.
expectTypeOf(operation('a', () => 5)).toEqualTypeOf<number>()
expectTypeOf(operation('a', () => undefined)).toEqualTypeOf<undefined>()
expectTypeOf(operation('a', dump)).resolves.toEqualTypeOf<{ readonly bytes: number }>()
expectTypeOf(operation('a', {}, async () => 'x')).resolves.toEqualTypeOf<string>()

// wallet-backend: the team's names and labels, the size of the result, and an event for each outcome.
const backups = defineMetrics({
  total: counter({ name: 'db_backup_total', description: 'Backups.', labels: { env: ['test'] } }),
  failed: counter({
    name: 'db_backup_failed_total',
    description: 'Failed backups.',
    labels: { env: ['test'] },
  }),
  duration: histogram({
    name: 'db_backup_duration_seconds',
    unit: 's',
    description: 'Duration.',
    buckets: [60, 300, 900],
    labels: { env: ['test'] },
  }),
  size: histogram({
    name: 'db_backup_size_bytes',
    unit: 'By',
    description: 'Size.',
    buckets: [1e6, 1e9],
    labels: { env: ['test'] },
  }),
})
const env = 'test'
const backupSucceeded = defineAuditEvent({
  name: 'db_backup_succeeded',
  action: 'BACKUP',
  details: backupDetails,
})
const backupFailed = defineAuditEvent({ name: 'db_backup_failed', action: 'BACKUP' })

const size = await operation(
  'database backup',
  {
    attributes: { env },
    measure: (end) => {
      backups.total.add(1, { env })
      backups.duration.record(end.seconds, { env })
      if (end.outcome === 'failure') backups.failed.add(1, { env })
      else backups.size.record(end.result.bytes, { env })
    },
    audit: (end, record) =>
      end.outcome === 'success'
        ? record(backupSucceeded, { details: { size_bytes: end.result.bytes } })
        : record(backupFailed),
    auditRequired: true,
  },
  dump,
)
expectTypeOf(size).toEqualTypeOf<{ readonly bytes: number }>()

// certificate-api and rewards-api: a label from the outcome.
const calls = defineMetrics({
  pca: counter({
    name: 'certificate_api_pca_api_calls_total',
    description: 'Calls.',
    labels: { operation: upTo(20), status: ['success', 'failure'] },
  }),
})
operation(
  'pca call',
  { measure: ({ outcome }) => calls.pca.add(1, { operation: 'list', status: outcome }) },
  () => 1,
)
operation(
  'pca call',
  {
    // @ts-expect-error -- a label that the metric does not have
    measure: ({ outcome }) => calls.pca.add(1, { operation: 'list', result: outcome }),
  },
  () => 1,
)

void operation(
  'backup',
  {
    // @ts-expect-error -- details that the event does not have
    audit: (_end, record) => record(backupSucceeded, { details: { bytes: 5 } }),
    // @ts-expect-error -- the result has no such member
    isFailure: (result) => result.lines === 0,
  },
  dump,
)

// @ts-expect-error -- a failure has no result for sure
void operation('backup', { measure: (end) => void end.result.bytes }, dump)

// @ts-expect-error -- nothing waits for the record of synchronous work
operation('backup', { audit: (_end, record) => record(backupFailed), auditRequired: true }, () => 1)

// @ts-expect-error -- work takes nothing: its span is the active one
operation('backup', (span: string) => span)

// @ts-expect-error -- an option that is none
operation('backup', { timeout: 5 }, () => 1)

expectTypeOf<OperationEnd<number>['outcome']>().toEqualTypeOf<'success' | 'failure'>()
void audit

// A job has a time, and is given a signal.
expectTypeOf(job('sweep', { every: 60_000 }, ({ signal }) => signal.aborted)).toEqualTypeOf<Job>()

// @ts-expect-error -- a job without a time
job('sweep', {}, () => undefined)

// @ts-expect-error -- a time is a number
job('sweep', { every: '5m' }, () => undefined)

// A check answers nothing, true, a text or a verdict.
health.check('a', () => undefined)
health.check('b', async () => true)
health.check('c', async ({ signal }) => ({
  status: signal.aborted ? 'degraded' : 'healthy',
  used: 5,
}))
health.check('d', (): CheckAnswer => 'well')

// @ts-expect-error -- a status that is none
health.check('e', () => ({ status: 'ok' }))

// @ts-expect-error -- a number is no answer
health.check('f', () => 5)

// @ts-expect-error -- a probe that is none
health.check('g', () => true, { probes: ['alive'] })
