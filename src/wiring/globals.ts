import {
  context,
  diag,
  DiagLogLevel,
  logs,
  metrics,
  propagation,
  trace,
  type LoggerProvider,
  type MeterProvider,
  type TextMapPropagator,
  type TracerProvider,
} from '@opentelemetry/api'
import { loadPackage } from '../core/load-package.ts'
import type { Reporter } from '../core/reporter.ts'
import { isError } from '../core/value-kinds.ts'

/** What is put behind the OpenTelemetry API; a missing signal stays a no-op. */
export interface Globals {
  readonly tracerProvider?: TracerProvider | undefined
  readonly meterProvider?: MeterProvider | undefined
  readonly loggerProvider?: LoggerProvider | undefined
  readonly propagator?: TextMapPropagator | undefined
}

/** Puts the providers behind the API, for applications and libraries, those on the older api-logs included. */
export function setGlobals(globals: Globals, reporter: Reporter): void {
  const { AsyncLocalStorageContextManager } = loadPackage(
    '@opentelemetry/context-async-hooks',
  ) as typeof import('@opentelemetry/context-async-hooks')
  const { tracerProvider, meterProvider, loggerProvider, propagator } = globals
  const set = [
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable()),
    !propagator || propagation.setGlobalPropagator(propagator),
    !tracerProvider || trace.setGlobalTracerProvider(tracerProvider),
    !meterProvider || metrics.setGlobalMeterProvider(meterProvider),
  ]
  if (set.includes(false)) {
    reporter.say(
      'another OpenTelemetry SDK, or another version of @opentelemetry/api, was registered first: telemetry is incomplete; start only one SDK',
    )
  }
  if (loggerProvider) {
    logs.setGlobalLoggerProvider(loggerProvider)
    const older = loadPackage('@opentelemetry/api-logs') as typeof import('@opentelemetry/api-logs')
    older.logs.setGlobalLoggerProvider(loggerProvider)
  }
}

/** Takes everything from behind the API again. */
export function unsetGlobals(): void {
  trace.disable()
  metrics.disable()
  logs.disable()
  propagation.disable()
  context.disable()
  const older = loadPackage('@opentelemetry/api-logs') as typeof import('@opentelemetry/api-logs')
  older.logs.disable()
}

/** Lets OpenTelemetry's own diagnostics speak through the reporter: each text once. */
export function setDiagnostics(level: string, reporter: Reporter): void {
  const say =
    (severity: string) =>
    (message: string, ...args: unknown[]): void => {
      // The stock exporters read the variables too; what is wrong with them has been said, without secrets.
      if (message.startsWith('Configuration:')) return
      const parts = args.filter((arg) => typeof arg === 'string' || isError(arg))
      const text = [message, ...parts.map((part) => (isError(part) ? part.message : part))]
      // Numbers and ids differ from one occurrence to the next; the cause is the same.
      reporter.once(`diag ${message.replaceAll(/\d+/g, '#')}`, `[${severity}] ${text.join(' ')}`)
    }
  diag.setLogger(
    {
      error: say('error'),
      warn: say('warn'),
      info: say('info'),
      debug: say('debug'),
      verbose: say('verbose'),
    },
    {
      logLevel: DiagLogLevel[level.toUpperCase() as keyof typeof DiagLogLevel],
      suppressOverrideMessage: true,
    },
  )
}
