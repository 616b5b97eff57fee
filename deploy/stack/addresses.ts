import type { ComponentName } from './component.ts'

/**
 * Where everything of a running stack is: the object that `up --json` prints.
 *
 * `null` stands for what this stack does not have.
 */
export interface StackAddresses {
  /** OTLP over HTTP for traces, logs and metrics, `http://host:port`. */
  readonly otlp: string
  /** OTLP over HTTP for audit records; needs the bearer token. */
  readonly auditOtlp: string
  /** Bearer token of the audit endpoint. */
  readonly auditToken: string
  /** Base of Jaeger's query API. */
  readonly jaeger: string
  readonly loki: string
  readonly prometheus: string | null
  readonly alertmanager: string | null
  /** URL of the audit database as superuser. */
  readonly postgres: string
  /** URL of the audit database as a user who may only read the audit trail. */
  readonly postgresAuditor: string
  readonly redis: string
  /** The Collector's own metrics. */
  readonly collectorMetrics: string
  /** Folder of the Collector's checkpoints. */
  readonly checkpoints: string
  /** File with the key that checks the checkpoints. */
  readonly checkpointPublicKey: string | null
  /** Process id of each component that runs. */
  readonly pids: Readonly<Partial<Record<ComponentName, number>>>
  /** Folder with one log file for each component. */
  readonly logs: string
}

/** The same for a stack of which only some components were started. */
export type PartialAddresses = {
  readonly [Key in keyof StackAddresses]: Key extends 'pids' | 'logs' | 'checkpoints'
    ? StackAddresses[Key]
    : StackAddresses[Key] | null
}
