import { diag } from '@opentelemetry/api'
import { setAuditTrail } from '../audit/audit.ts'
import { ConfigError } from '../core/errors.ts'
import { createRedaction } from '../core/redaction.ts'
import { createReporter, type Reporter } from '../core/reporter.ts'
import { logLevels } from '../logging/logging.ts'
import { connectMetrics, OWN_METER, setMetricsReporter } from '../metrics/metrics.ts'
import { setJobReporter } from '../jobs/jobs.ts'
import { setOperationReporter } from '../operations/operations.ts'
import { createPropagator } from '../propagation/propagation.ts'
import { settleAll, type AllSettings, type InitOptions } from '../settings.ts'
import { createAuditDetour } from '../wiring/audit-detour.ts'
import { createAuditLoggerProvider } from '../wiring/audit-signal.ts'
import { setDiagnostics, setGlobals, unsetGlobals } from '../wiring/globals.ts'
import { identify } from '../wiring/identity.ts'
import { startLogs } from '../wiring/log-signal.ts'
import { startMetrics } from '../wiring/metrics-signal.ts'
import { startTraces } from '../wiring/trace-signal.ts'
import { createCollectingLogRecordProcessor } from './collecting-log-record-processor.ts'
import { createCollectingSpanProcessor } from './collecting-span-processor.ts'
import { createInMemoryTrail } from './in-memory-trail.ts'
import { readSamples, since, type ReadSample } from './metric-samples.ts'
import { toTestAuditRecord } from './test-audit-record.ts'
import type { InProcessTelemetry, TestLog, TestSpan } from './test-telemetry.ts'
import { waitFor } from './wait-for.ts'

/** What matters of the options of `init()` when nothing is sent; environment variables do not count. */
export interface TestTelemetryOptions extends Pick<
  InitOptions,
  | 'serviceName'
  | 'serviceVersion'
  | 'deploymentEnvironment'
  | 'resourceAttributes'
  | 'redactNames'
  | 'propagation'
  | 'tracing'
  | 'logging'
  | 'metrics'
> {}

/** Own events of the trail. */
const OWN_EVENTS = /^telltale\.audit\./

/** Which telemetry is running: for every copy of this module, because what is behind the API is there for every copy of that. */
const RUNNING = Symbol.for('telltale.testing.running')
const shared = globalThis as { [RUNNING]?: object | undefined }

/**
 * Puts the SDK behind the OpenTelemetry API and `audit.record()` in this process, with receivers in memory in place of the
 * Collector. Samplers, limits, redaction, the checks of audit events and the names of metrics are those of production; nothing
 * is patched, listened on or written to disk.
 *
 * Call it once per test file, before the code under test makes its first span.
 *
 * @throws {ConfigError} `TELLTALE_CONFIG_INVALID` for options that cannot be used, and when it was called before
 */
export function startTestTelemetry(options: TestTelemetryOptions = {}): InProcessTelemetry {
  const settings = settleForTests(options)
  if (shared[RUNNING]) {
    throw new ConfigError([
      'startTestTelemetry() was called before in this process; stop() it first',
    ])
  }
  const said: string[] = []
  const { reporter, forget } = createForgetfulReporter((line) => void said.push(line.trimEnd()))
  setDiagnostics(settings.general.diagnosticLevel, reporter)
  const { resource, folder } = identify(settings.general, [])
  const redaction = createRedaction(settings.general.redactNames)
  const spans: TestSpan[] = []
  const logs: TestLog[] = []
  const trail = createInMemoryTrail()
  const metrics = startMetrics(settings.metrics, resource, redaction, reporter)
  const context = {
    meter: metrics.provider.getMeter(OWN_METER),
    reporter,
    ending: new AbortController().signal,
    resourceReady: () => undefined,
  }
  const collectSpan = createCollectingSpanProcessor((span) => void spans.push(span))
  const collectLog = createCollectingLogRecordProcessor((log) => void logs.push(log))
  const traces = startTraces(settings, resource, context, redaction, [], [collectSpan])
  const logging = startLogs(settings, resource, context, redaction, [], [collectLog])
  const auditProvider = createAuditLoggerProvider(resource, trail, redaction)
  setGlobals(
    {
      tracerProvider: traces.provider,
      meterProvider: metrics.provider,
      loggerProvider: logging.guarded(createAuditDetour(auditProvider)),
      propagator: createPropagator(
        settings.propagation.propagators,
        settings.propagation,
        folder,
        [],
      ),
    },
    reporter,
  )
  if (said.length > 0) {
    unsetGlobals()
    diag.disable()
    throw new ConfigError(said)
  }
  const self = {}
  shared[RUNNING] = self
  setAuditTrail({ trail, origin: { resource, redaction } })
  logLevels.configure({ level: settings.logging.level, components: settings.logging.levels })
  setMetricsReporter(reporter)
  setOperationReporter(reporter)
  setJobReporter(reporter)
  connectMetrics()
  let before: readonly ReadSample[] = []
  const scrape = async (): Promise<readonly ReadSample[]> =>
    readSamples((await metrics.scrape()).join(''))
  const stop = async (): Promise<void> => {
    if (shared[RUNNING] !== self) return
    shared[RUNNING] = undefined
    setAuditTrail('the test telemetry was stopped')
    unsetGlobals()
    diag.disable()
    connectMetrics()
    await Promise.all([traces.provider.shutdown?.(), metrics.shutdown()])
  }
  return {
    said,
    spans,
    logs,
    get auditRecords() {
      return trail.records
        .filter(({ eventName }) => !OWN_EVENTS.test(eventName))
        .map(toTestAuditRecord)
    },
    metrics: async () => since(before, await scrape()),
    waitFor,
    refuseAuditRecords: (code) => trail.refuse(code),
    async reset() {
      before = await scrape()
      for (const list of [spans, logs, said]) list.length = 0
      forget()
      trail.clear()
      trail.refuse(undefined)
    },
    stop,
    [Symbol.asyncDispose]: stop,
  }
}

/** A reporter to which each test is the first: what was said in another one is said again. */
function createForgetfulReporter(write: (line: string) => void): {
  readonly reporter: Reporter
  forget(): void
} {
  let current = createReporter(write)
  const reporter: Reporter = {
    once: (cause, message) => current.once(cause, message),
    over: (cause, message) => current.over(cause, message),
    say: (message) => current.say(message),
  }
  return { reporter, forget: () => void (current = createReporter(write)) }
}

function settleForTests(options: TestTelemetryOptions): AllSettings {
  const findings = { problems: [], warnings: [] }
  const settings = settleAll(
    {
      ...options,
      serviceName: options.serviceName ?? 'test',
      tracing: { ...options.tracing, exporters: ['none'] },
      logging: { ...options.logging, exporters: ['none'], stdout: false },
    },
    {},
    findings,
  )
  if (findings.problems.length > 0) throw new ConfigError(findings.problems)
  return settings
}
