import type { Resource } from '@opentelemetry/resources'
import { isMainThread } from 'node:worker_threads'
import { startAdminServer, type AdminServer } from './admin/admin.ts'
import { setAuditTrail } from './audit/audit.ts'
import { withDeadline } from './core/deadline.ts'
import { ConfigError, toReason } from './core/errors.ts'
import { createReporter, writeToStderr, type Reporter } from './core/reporter.ts'
import { createInactive, type Running, type Status, type Telltale } from './handle.ts'
import { startInstrumentations } from './instrumentation/instrumentation.ts'
import { registerModuleHooks } from './instrumentation/module-hooks.ts'
import { loadedBuiltins } from './instrumentation/patch-check.ts'
import { setJobReporter } from './jobs/jobs.ts'
import { startLifecycle } from './lifecycle/lifecycle.ts'
import { listenForLevelSignal, logLevels } from './logging/logging.ts'
import { connectMetrics, setMetricsReporter } from './metrics/metrics.ts'
import { setOperationReporter } from './operations/operations.ts'
import { createPropagator } from './propagation/propagation.ts'
import { settleAll, type AllSettings, type InitOptions } from './settings.ts'
import { createAuditDetour } from './wiring/audit-detour.ts'
import { setDiagnostics, setGlobals, unsetGlobals } from './wiring/globals.ts'
import { startHealth } from './wiring/health-checks.ts'
import { identify } from './wiring/identity.ts'
import { withJobsBefore } from './wiring/jobs-end.ts'
import { reasonForNoService } from './wiring/no-service.ts'
import { startSignals } from './wiring/signals.ts'
import { findSpoolDirectory } from './wiring/spool-directory.ts'
import { startWorkerAudit } from './wiring/worker-audit.ts'

let running: Telltale | undefined

/** Under this symbol `telltale doctor` finds what is running, whichever copy of the package started it. */
const RUNNING = Symbol.for('telltale.running')

const IN_WORKER = 'telemetry is made in the main thread only; audit records are recorded here too'

/**
 * Starts telemetry: hooks, instrumentations, providers, exporters, the admin server and the listeners that end it all
 * with the process. Synchronous, so that nothing of the application is loaded before.
 *
 * A second call changes nothing and returns the same handle.
 *
 * @throws {ConfigError} `TELLTALE_CONFIG_INVALID`, with every problem of `options` listed. What is wrong in the
 * environment is a warning on stderr: the variable counts as unset.
 */
export function init(options: InitOptions = {}): Telltale {
  const reporter = createReporter(writeToStderr)
  if (running) {
    if (Object.keys(options).length > 0) {
      reporter.say('init() was called before; the options of this call have no effect')
    }
    return running
  }
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new ConfigError([
      `the options of init() must be an object; got ${JSON.stringify(options)}`,
    ])
  }
  const findings = { problems: [], warnings: [] }
  const settings = settleAll(options, process.env, findings)
  if (findings.problems.length > 0) throw new ConfigError(findings.problems)
  const reason = reasonToStayInactive(settings)
  if (reason !== undefined) {
    setAuditTrail(reason)
    running = createInactive(reason)
    show({ status: running.status })
    return running
  }
  const spoolDirectory = findSpoolDirectory(settings, options, process.env, findings)
  if (findings.problems.length > 0) throw new ConfigError(findings.problems)
  const { warnings } = findings
  running = isMainThread
    ? start(settings, options, spoolDirectory, warnings, reporter)
    : startWorkerAudit(settings, spoolDirectory, IN_WORKER, reporter, warnings)
  return running
}

function reasonToStayInactive(settings: AllSettings): string | undefined {
  if (settings.general.disabled) return 'OTEL_SDK_DISABLED is true'
  return reasonForNoService(process.argv[1])
}

function start(
  settings: AllSettings,
  options: InitOptions,
  spoolDirectory: string,
  warnings: string[],
  reporter: Reporter,
): Telltale {
  // Before anything of the SDK is loaded: what it brings along stays unpatched otherwise.
  const builtinsBefore = loadedBuiltins()
  const hooks = registerModuleHooks()
  setDiagnostics(settings.general.diagnosticLevel, reporter)

  const { application, folder, resource, sdkVersion } = identify(settings.general, warnings)
  const surroundings = { spoolDirectory, sdkVersion, folder }
  const signals = startSignals(settings, resource, surroundings, reporter, warnings)
  setGlobals(
    {
      tracerProvider: signals.traces.provider,
      meterProvider: signals.metrics.provider,
      loggerProvider: signals.logs.guarded(createAuditDetour(signals.audit.provider)),
      propagator: createPropagator(
        settings.propagation.propagators,
        settings.propagation,
        folder,
        warnings,
      ),
    },
    reporter,
  )
  setAuditTrail(signals.audit)
  logLevels.configure({ level: settings.logging.level, components: settings.logging.levels })
  setMetricsReporter(reporter)
  setOperationReporter(reporter)
  setJobReporter(reporter)
  connectMetrics()

  let admin: AdminServer | undefined
  const instrumentations = startInstrumentations(settings.instrumentation, {
    hooks,
    builtinsBefore,
    application,
    given: options.instrumentations ?? [],
    isOwnRequest: (request) => admin?.owns(request) ?? false,
    warnings,
  })
  const telemetry = withJobsBefore(signals)
  const lifecycle = startLifecycle(settings.lifecycle, telemetry, reporter)
  const stopListening = settings.logging.levelSignal
    ? listenForLevelSignal(logLevels, process, reporter.say)
    : undefined
  // Last: everything that /metrics shows is there, and the server's module is patched like any other.
  admin = startAdminServer(
    listenAddress(settings.admin, builtinsBefore),
    startHealth(settings, signals, versionOf(resource), lifecycle.isDraining, reporter),
    reporter,
  )
  const notPatched = instrumentations.loadedTooEarly.map((name) => `${name} (loaded before init())`)
  for (const warning of warnings) reporter.once(warning, warning)
  const verified = reportNotPatched(notPatched, instrumentations.verify(), reporter)

  const shutdown = async (millis: number): Promise<void> => {
    lifecycle.stop()
    stopListening?.()
    instrumentations.stop()
    signals.stopRetrying()
    setAuditTrail('telemetry was shut down')
    await telemetry.end(millis, true)
    signals.close()
    unsetGlobals()
    await withDeadline(admin.close(), millis)
  }
  let ended: Promise<void> | undefined
  const millisOf = (given?: { timeoutMillis?: number }): number =>
    given?.timeoutMillis ?? settings.lifecycle.shutdownTimeoutMillis
  const status = (): Status => ({
    active: ended === undefined,
    hooks: hooks.mode,
    instrumentations: instrumentations.names,
    notPatched,
    traces: signals.traces.destination,
    logs: signals.logs.destination,
    audit: signals.audit.destination,
    spool: signals.audit.trail.status(),
    admin: admin.url(),
  })
  show({ status, modules: instrumentations.modules, verified })
  return {
    forceFlush: (given) => signals.flush(millisOf(given)),
    shutdown: (given) => (ended ??= shutdown(millisOf(given))),
    status,
  }
}

function versionOf(resource: Resource): string | undefined {
  const version = resource.attributes['service.version']
  return typeof version === 'string' ? version : undefined
}

function show(shown: Running): void {
  const value: Running = { ...shown, startedBy: import.meta.url }
  Object.defineProperty(globalThis, RUNNING, { value, configurable: true })
}

async function reportNotPatched(
  notPatched: string[],
  verified: Promise<string[]>,
  reporter: Reporter,
): Promise<void> {
  try {
    notPatched.push(...(await verified))
  } catch (error) {
    reporter.once('verify', `the patches could not be checked: ${toReason(error)}`)
  }
  if (notPatched.length === 0) return
  reporter.once(
    'not patched',
    `not patched: ${notPatched.join(', ')}; their calls are not, or not all, traced. ` +
      'Start with node --import telltale/register, before anything else is loaded',
  )
}

/** In a cluster each worker has a port of its own, the primary's plus its number: shared, they would answer in turn. */
function listenAddress(
  settings: AllSettings['admin'],
  builtins: ReadonlySet<string>,
): Parameters<typeof startAdminServer>[0] {
  // In a worker Node.js has loaded it already; elsewhere there is no need to.
  const cluster = builtins.has('cluster') ? process.getBuiltinModule('node:cluster') : undefined
  const worker = (cluster as { worker?: { id: number } } | undefined)?.worker?.id ?? 0
  return {
    host: settings.host,
    port: settings.port === 0 ? 0 : settings.port + worker,
    hostSetting: 'OTEL_EXPORTER_PROMETHEUS_HOST',
    portSetting: 'OTEL_EXPORTER_PROMETHEUS_PORT',
  }
}
