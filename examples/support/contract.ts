/** What a team was promised, as data; each kind says what there must be to see once the scenario has run. */
export type Promised =
  | PromisedMetric
  | PromisedAuditEvent
  | PromisedLog
  | PromisedTrace
  | PromisedHealthCheck
  | PromisedSetting
  | PromisedQuery

/** A metric family on :9090, with exactly this name and these labels. */
export interface PromisedMetric {
  readonly kind: 'metric'
  readonly name: string
  readonly type: 'counter' | 'gauge' | 'histogram'
  /** Exactly these; none is none. */
  readonly labels: readonly string[]
  /** Upper boundaries without `+Inf`, exactly these. */
  readonly buckets?: readonly number[]
  /** Values of a label that must be among those seen. */
  readonly values?: Readonly<Record<string, readonly string[]>>
  /** The same for those under which something must have been counted. */
  readonly counted?: Readonly<Record<string, readonly string[]>>
  /** Nothing that the scenario does makes it count; any other counter or histogram must have counted something. */
  readonly mayBeZero?: boolean
  /** Which process has it, where an example has several; the first one otherwise. */
  readonly process?: string
}

/** An event of which the audit trail has at least one record of the service. */
export interface PromisedAuditEvent {
  readonly kind: 'auditEvent'
  readonly name: string
  /** Columns of `audit.records` that must have a value, besides actor, action and outcome. */
  readonly columns?: readonly string[]
  /** Columns that must have exactly this value. */
  readonly values?: Readonly<Record<string, string>>
  /** Members that `details` must have. */
  readonly details?: readonly string[]
  /** Members of `details` whose text must be like this. */
  readonly detailsLike?: Readonly<Record<string, RegExp>>
}

/** Log lines that a query finds in Loki. */
export interface PromisedLog {
  readonly kind: 'log'
  readonly name: string
  /** LogQL. */
  readonly query: string
  /** `X-Scope-OrgID`; `default` without one. */
  readonly tenant?: string
  /** Labels or structured metadata that each line must have. */
  readonly fields?: readonly string[]
}

/** One request as one trace; the scenario names the trace. */
export interface PromisedTrace {
  readonly kind: 'trace'
  readonly name: string
  /** Names of spans that it must have, as patterns, in the order in which they started. */
  readonly spans: readonly RegExp[]
}

/** A check in the answer of the service's health; the scenario has to see it healthy, and not healthy. */
export interface PromisedHealthCheck {
  readonly kind: 'healthCheck'
  readonly name: string
}

/** Something that only the scenario itself can try: a setting, a limit, an answer. It says so by `prove()`. */
export interface PromisedSetting {
  readonly kind: 'setting'
  readonly name: string
}

/** A query of the team's, to be run as written, which has to return something. */
export interface PromisedQuery {
  readonly kind: 'query'
  readonly name: string
  /** Run as the auditor, or given to Prometheus. */
  readonly language: 'sql' | 'promql'
  readonly text: string
  /** Columns (SQL) that must have a value in some row. */
  readonly columns?: readonly string[]
}

/** What the scenario of an example brings to be looked at. */
export interface Evidence {
  /** Where each process is scraped; the first one is the example's main one. */
  readonly metricsUrls: Readonly<Record<string, string>>
  /** `service.name` of everything that writes audit records for the example. */
  readonly services: readonly string[]
  /** Trace id by the name of the promised trace. */
  readonly traces?: Readonly<Record<string, string>>
}

/** What one line of the table says. */
export interface Finding {
  readonly example: string
  readonly kind: 'metric' | 'auditEvent' | 'healthCheck' | 'log' | 'trace' | 'setting'
  readonly name: string
  readonly found: boolean
  /** Why it was not found. */
  readonly reason?: string
}

/** The kind under which a promise is shown: a query counts for the back end that answers it. */
export function toFindingKind(promised: Promised): Finding['kind'] {
  if (promised.kind !== 'query') return promised.kind
  return promised.language === 'sql' ? 'auditEvent' : 'metric'
}
