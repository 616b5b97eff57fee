import type { Instrumentation } from '@opentelemetry/instrumentation'
import { adminSettings, type AdminOptions } from './admin/options.ts'
import { auditSettings, type AuditOptions } from './audit/options.ts'
import { checkEnvironmentNames } from './config/environment-names.ts'
import { flag, list, oneOf, type Settled, type SettingsOf } from './config/setting.ts'
import { settle, unknownKeys, type Environment, type Findings } from './config/settle.ts'
import { healthSettings, type HealthOptions } from './health/options.ts'
import { instrumentationSettings, type InstrumentationOptions } from './instrumentation/options.ts'
import { lifecycleSettings, type LifecycleOptions } from './lifecycle/options.ts'
import { loggingSettings, type LoggingOptions } from './logging/options.ts'
import { metricsSettings, type MetricsOptions } from './metrics/options.ts'
import { otlpSettings, type OtlpOptions } from './otlp/options.ts'
import { propagationSettings, type PropagationOptions } from './propagation/options.ts'
import { resourceSettings, type ResourceOptions } from './resource/options.ts'
import { sentrySettings, type SentryOptions } from './sentry/options.ts'
import { tracingSettings, type TracingOptions } from './tracing/options.ts'

const DIAGNOSTIC_LEVELS = ['none', 'error', 'warn', 'info', 'debug', 'verbose', 'all'] as const

/** Settings of the SDK as a whole. */
export interface GeneralOptions {
  /** Turns everything off: the OpenTelemetry API does nothing, `audit.record()` rejects. Default false. */
  disabled?: boolean | undefined
  /** How much OpenTelemetry's own code says on stderr: `none` to `all`. Default `warn`. */
  diagnosticLevel?: (typeof DIAGNOSTIC_LEVELS)[number] | undefined
  /** Names of secrets besides the known ones (see redaction.md): what stands under them is `[redacted]` in logs, spans and audit records. Case, spaces, `_`, `-` and `.` do not count. */
  redactNames?: readonly string[] | undefined
}

export const generalSettings = {
  disabled: flag({ env: 'OTEL_SDK_DISABLED', default: false }),
  diagnosticLevel: oneOf(DIAGNOSTIC_LEVELS, { env: 'OTEL_LOG_LEVEL', default: 'warn' }),
  redactNames: list<readonly string[]>({ env: 'TELLTALE_REDACT_NAMES', default: [] }),
} satisfies SettingsOf<GeneralOptions>

/** Everything that `init()` can be told. Code wins over environment, environment over default. */
export interface InitOptions extends GeneralOptions, ResourceOptions {
  /** Instrumentations besides those that come along or are found; one of the same name replaces ours. */
  instrumentations?: readonly Instrumentation[] | undefined
  instrumentation?: InstrumentationOptions | undefined
  otlp?: OtlpOptions | undefined
  propagation?: PropagationOptions | undefined
  tracing?: TracingOptions | undefined
  metrics?: MetricsOptions | undefined
  logging?: LoggingOptions | undefined
  health?: HealthOptions | undefined
  audit?: AuditOptions | undefined
  sentry?: SentryOptions | undefined
  admin?: AdminOptions | undefined
  lifecycle?: LifecycleOptions | undefined
}

/** Every module's table, by its place in {@link InitOptions}; the empty place is the top. */
export const settingTables = {
  '': { ...generalSettings, ...resourceSettings },
  otlp: otlpSettings,
  propagation: propagationSettings,
  instrumentation: instrumentationSettings,
  tracing: tracingSettings,
  metrics: metricsSettings,
  logging: loggingSettings,
  health: healthSettings,
  audit: auditSettings,
  sentry: sentrySettings,
  admin: adminSettings,
  lifecycle: lifecycleSettings,
} as const

/** All settings, settled and frozen. */
export type AllSettings = {
  readonly [Place in Exclude<keyof typeof settingTables, ''>]: Settled<
    (typeof settingTables)[Place]
  >
} & { readonly general: Settled<typeof generalSettings & typeof resourceSettings> }

/** Settles every table, and names what is misspelt in options and environment. */
export function settleAll(
  options: InitOptions,
  environment: Environment,
  findings: Findings,
): AllSettings {
  const { instrumentations: _given, ...rest } = options
  const places = Object.keys(settingTables).filter((place) => place !== '')
  const top = Object.fromEntries(Object.entries(rest).filter(([key]) => !places.includes(key)))
  const known = [...places, 'instrumentations', ...Object.keys(settingTables[''])]
  findings.problems.push(...unknownKeys('', Object.keys(top), known))
  const ours = Object.fromEntries(Object.entries(top).filter(([key]) => known.includes(key)))
  const settled: Record<string, unknown> = {
    general: settle('', settingTables[''], ours, environment, findings),
  }
  for (const place of places as (keyof InitOptions & keyof typeof settingTables)[]) {
    const given: unknown = rest[place as keyof typeof rest]
    const isObject = typeof given === 'object' && given !== null && !Array.isArray(given)
    if (given !== undefined && !isObject) {
      findings.problems.push(
        `"${place}" must be an object of options; got ${JSON.stringify(given) ?? typeof given}`,
      )
    }
    settled[place] = settle(
      `${place}.`,
      settingTables[place],
      isObject ? given : undefined,
      environment,
      findings,
    )
  }
  const variables = Object.values(settingTables).flatMap((table) =>
    Object.values(table).flatMap((setting) => setting.env),
  )
  findings.warnings.push(...checkEnvironmentNames(environment, variables))
  return Object.freeze(settled) as AllSettings
}
