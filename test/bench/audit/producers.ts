import { join } from 'node:path'
import { type HelperProcess, startHelper } from '../support/helper-process.ts'
import { bare, ours, toEnvironment } from '../support/variants.ts'

/** A process that records as it is told. */
export type Producer = HelperProcess<{ ready: true }>

/** What a burst made. */
export interface Burst {
  readonly records: number
  readonly millis: number
  readonly cpuMicros: number
}

/** What a paced slice saw. */
export interface Paced {
  readonly records: number
  readonly p50Millis: number
  readonly p99Millis: number
}

/** Where nothing listens: the records stay in the spool. */
const NOWHERE = 'http://127.0.0.1:9'

/** A service that records with this package; without an endpoint its Collector is away. */
export function startProducer(
  folder: string,
  name: string,
  variables: Readonly<Record<string, string>> = {},
): Promise<Producer> {
  const variant = ours(name, {
    TELLTALE_AUDIT_ENDPOINT: NOWHERE,
    TELLTALE_AUDIT_SPOOL_DIRECTORY: join(folder, name),
    TELLTALE_AUDIT_SPOOL_MAX_BYTES: String(2 ** 36),
    // Only the trail is measured: nothing else is exported.
    OTEL_TRACES_EXPORTER: 'none',
    OTEL_METRICS_EXPORTER: 'none',
    OTEL_LOGS_EXPORTER: 'none',
    ...variables,
  })
  return startHelper('audit-producer.mjs', {
    nodeArguments: variant.nodeArguments,
    environment: toEnvironment(variant),
  })
}

/** A process that only appends what `JSON.stringify` gives, or only syncs. */
export function startYardstick(folder: string, kind: 'append' | 'sync'): Promise<Producer> {
  return startHelper('audit-yardstick.mjs', {
    environment: toEnvironment(bare, {
      TELLTALE_BENCH_DIRECTORY: folder,
      TELLTALE_BENCH_YARDSTICK: kind,
    }),
  })
}
