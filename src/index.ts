export { init } from './init.ts'
export type { Status, Telltale } from './handle.ts'
export type { SpoolStatus } from './audit/metrics.ts'
export {
  health,
  healthHandler,
  healthResponse,
  liveHandler,
  liveResponse,
  readyHandler,
  readyResponse,
  type Health,
  type HealthHandler,
} from './health/health.ts'
export type { CheckFigure, CheckStatus, CheckVerdict } from './health/check-result.ts'
export type { CheckAnswer, CheckFunction, CheckInput } from './health/health-check.ts'
export type { HealthAnswerOptions } from './health/health-answer.ts'
export type { CheckOptions, DeclaredCheck } from './health/health-registry.ts'
export type { CheckReport, HealthReport, Probe } from './health/health-report.ts'
export type { HealthShape } from './health/health-shape.ts'
export { metricsHandler, metricsResponse } from './admin/metrics-answer.ts'
export type { HttpAnswer } from './core/http-answer.ts'
export type { InitOptions } from './settings.ts'
export { audit, type Audit, type AuditReceipt } from './audit/audit.ts'
export type { AuditActor, AuditContext, AuditFields, AuditSource } from './audit/audit-fields.ts'
export type { Durability } from './audit/audit-trail.ts'
export {
  defineAuditEvent,
  type AuditEvent,
  type AuditEventOptions,
} from './audit/define-audit-event.ts'
export {
  getLogger,
  setLogLevel,
  type LogFields,
  type Logger,
  type LogLevel,
} from './logging/logging.ts'
export {
  counter,
  gauge,
  histogram,
  observableGauge,
  upDownCounter,
  type HistogramOptions,
  type MetricDefinition,
  type MetricKind,
  type MetricOptions,
  type ObservableGaugeOptions,
  type Observe,
} from './metrics/definitions.ts'
export type {
  Catalogue,
  Counter,
  Gauge,
  Histogram,
  ObservableGauge,
  UpDownCounter,
} from './metrics/instruments.ts'
export {
  upTo,
  type LabelArguments,
  type LabelRule,
  type LabelRules,
  type LabelValue,
  type LabelsOf,
  type NoLabels,
  type UpTo,
} from './metrics/label-types.ts'
export { metricsToMarkdown } from './metrics/metrics-to-markdown.ts'
export { defineMetrics } from './metrics/metrics.ts'
export { operation, type OperationResult } from './operations/operations.ts'
export type { OperationEnd, OperationOptions } from './operations/operation-options.ts'
export { job, type Job, type JobInput, type JobOptions, type JobStatus } from './jobs/jobs.ts'
export { AuditError, ConfigError, TelltaleError, type ErrorCode } from './core/errors.ts'
export { tenant, type Tenant } from './tenancy/tenancy.ts'
export {
  countRequests,
  gaugeRequests,
  templatePath,
  timeRequests,
  toAccessFields,
  toAccessLine,
  type AccessLogOptions,
  type FinishedRequest,
  type HttpOptions,
  type LogLine,
  type RequestFacts,
  type RequestFeed,
  type SecurityEventOptions,
  type StartedRequest,
} from './http/http.ts'
