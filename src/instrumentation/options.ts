import { flag, list, type SettingsOf } from '../config/setting.ts'

/** Which libraries are made to speak. */
export interface InstrumentationOptions {
  /** Only these, by short name, such as `http`, `undici`, `pg`, `ioredis`, `pino`, `express`. Default: all that are found. */
  enabled?: readonly string[] | undefined
  /** All but these. */
  disabled?: readonly string[] | undefined
  /** Also uses the `@opentelemetry/instrumentation-*` packages that the application depends on. Default true. */
  discover?: boolean | undefined
}

export const instrumentationSettings = {
  enabled: list<readonly string[] | undefined>({
    env: 'OTEL_NODE_ENABLED_INSTRUMENTATIONS',
    default: undefined,
  }),
  disabled: list<readonly string[]>({ env: 'OTEL_NODE_DISABLED_INSTRUMENTATIONS', default: [] }),
  discover: flag({ env: 'TELLTALE_INSTRUMENTATION_DISCOVER', default: true }),
} satisfies SettingsOf<InstrumentationOptions>
