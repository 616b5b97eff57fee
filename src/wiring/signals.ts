import type { Resource } from '@opentelemetry/resources'
import { withDeadline } from '../core/deadline.ts'
import { createRedaction } from '../core/redaction.ts'
import type { Reporter } from '../core/reporter.ts'
import type { EndOfLife } from '../lifecycle/lifecycle.ts'
import { OWN_METER } from '../metrics/metrics.ts'
import type { PipelineContext } from '../otlp/pipeline.ts'
import type { AllSettings } from '../settings.ts'
import { startAuditMirror } from './audit-mirror.ts'
import { startAudit, type AuditSignal, type AuditSurroundings } from './audit-signal.ts'
import { startLogs, type LogSignal } from './log-signal.ts'
import { startMetrics, type MetricsSignal } from './metrics-signal.ts'
import { startSentry } from './sentry-errors.ts'
import { startTraces, type TraceSignal } from './trace-signal.ts'

/** All four signals of this process, and how they end together. */
export interface Signals extends EndOfLife {
  readonly metrics: MetricsSignal
  readonly traces: TraceSignal
  readonly logs: LogSignal
  readonly audit: AuditSignal
  /** Sends what waits; resolves when it has left or the deadline has passed. */
  flush(deadlineMillis: number): Promise<void>
  /** Refuses what comes from now on. */
  close(): void
}

/** What signals are told of the process besides its settings. */
export interface SignalSurroundings extends Pick<
  AuditSurroundings,
  'spoolDirectory' | 'sdkVersion'
> {
  /** The application's folder. */
  readonly folder: string
}

/** Starts metrics first: the other signals count themselves there. */
export function startSignals(
  settings: AllSettings,
  resource: Resource,
  { spoolDirectory, sdkVersion, folder }: SignalSurroundings,
  reporter: Reporter,
  warnings: string[],
): Signals {
  const redaction = createRedaction(settings.general.redactNames)
  const metrics = startMetrics(settings.metrics, resource, redaction, reporter)
  const meter = metrics.provider.getMeter(OWN_METER)
  const ending = new AbortController()
  const context: PipelineContext = {
    meter,
    reporter,
    ending: ending.signal,
    resourceReady: () =>
      resource.asyncAttributesPending ? resource.waitForAsyncAttributes?.() : undefined,
  }
  const traces = startTraces(settings, resource, context, redaction, warnings)
  const sentry = startSentry(settings.sentry, folder, resource, meter, reporter, warnings)
  const more = sentry ? [sentry] : []
  const logs = startLogs(settings, resource, context, redaction, warnings, more)
  const mirror = startAuditMirror(settings, logs, redaction, meter, reporter)
  const audit = startAudit({
    settings,
    spoolDirectory,
    sdkVersion,
    resource,
    redaction,
    meter,
    reporter,
    warnings,
  })
  const pipelines = [traces.pipeline, logs.pipeline].filter((pipeline) => pipeline !== undefined)
  return {
    metrics,
    traces,
    logs,
    audit,
    async flush(millis) {
      const flushes = pipelines.map((pipeline) => pipeline.flush(millis))
      const others = [audit.trail.idle(), mirror?.flush(), sentry?.forceFlush()]
      await withDeadline(Promise.all([...flushes, ...others]), millis)
    },
    async end(millis, forGood) {
      const flushes = pipelines.map((pipeline) => pipeline.flush(millis))
      const ended = audit.trail.end(millis, forGood)
      const others = [ended, mirror?.flush(), sentry?.forceFlush()]
      await withDeadline(Promise.all([...flushes, ...others]), millis)
      sentry?.sayLeft()
    },
    settleAudit() {
      audit.trail.settleNow()
      mirror?.settle()
    },
    pending: () =>
      pipelines.reduce(
        (sum, pipeline) => sum + pipeline.size(),
        audit.trail.pending() + (sentry?.pending() ?? 0),
      ),
    hurry: () => pipelines.forEach((pipeline) => pipeline.hurry()),
    stopRetrying: () => ending.abort(),
    takeLastRequests: () => [
      ...pipelines.flatMap((pipeline) => pipeline.takeLastRequests()),
      ...(sentry?.takeLastRequests() ?? []),
    ],
    close: () => pipelines.forEach((pipeline) => pipeline.close()),
  }
}
