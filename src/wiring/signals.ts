import type { Resource } from '@opentelemetry/resources'
import { withDeadline } from '../core/deadline.ts'
import { createRedaction } from '../core/redaction.ts'
import type { Reporter } from '../core/reporter.ts'
import type { EndOfLife } from '../lifecycle/lifecycle.ts'
import type { PipelineContext } from '../otlp/pipeline.ts'
import type { AllSettings } from '../settings.ts'
import { startAuditMirror } from './audit-mirror.ts'
import { startAudit, type AuditSignal } from './audit-signal.ts'
import { startLogs, type LogSignal } from './log-signal.ts'
import { startMetrics, type MetricsSignal } from './metrics-signal.ts'
import { startTraces, type TraceSignal } from './trace-signal.ts'

/** All four signals of this process, and how they end together. */
export interface Signals extends EndOfLife {
  readonly metrics: MetricsSignal
  readonly traces: TraceSignal
  readonly logs: LogSignal
  readonly audit: AuditSignal
  /** Refuses what comes from now on. */
  close(): void
}

/** Starts metrics first: the other signals count themselves there. */
export function startSignals(
  settings: AllSettings,
  resource: Resource,
  reporter: Reporter,
  warnings: string[],
): Signals {
  const metrics = startMetrics(settings.metrics, resource, reporter)
  const meter = metrics.provider.getMeter('telltale')
  const ending = new AbortController()
  const context: PipelineContext = {
    meter,
    reporter,
    ending: ending.signal,
    resourceReady: () =>
      resource.asyncAttributesPending ? resource.waitForAsyncAttributes?.() : undefined,
  }
  const redaction = createRedaction(settings.general.redactNames)
  const traces = startTraces(settings, resource, context, warnings)
  const logs = startLogs(settings, resource, context, redaction, warnings)
  const flushMirror = startAuditMirror(settings, logs, redaction, reporter)
  const audit = startAudit(settings, resource, meter, reporter, warnings)
  const pipelines = [traces.pipeline, logs.pipeline].filter((pipeline) => pipeline !== undefined)
  return {
    metrics,
    traces,
    logs,
    audit,
    async flush(millis, hold) {
      const flushes = pipelines.map((pipeline) => pipeline.flush(millis))
      await withDeadline(
        Promise.all([...flushes, audit.delivery.idle(), flushMirror()]),
        millis,
        hold,
      )
    },
    pendingAuditRecords: () => audit.delivery.pending(),
    pending: () =>
      pipelines.reduce((sum, pipeline) => sum + pipeline.size(), audit.delivery.pending()),
    hurry: () => pipelines.forEach((pipeline) => pipeline.hurry()),
    stopRetrying: () => ending.abort(),
    takeLastRequests: () =>
      pipelines.flatMap((pipeline) => {
        const request = pipeline.takeLastRequest()
        return request ? [request] : []
      }),
    close: () => pipelines.forEach((pipeline) => pipeline.close()),
  }
}
