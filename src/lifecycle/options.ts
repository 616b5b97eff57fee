import { type SettingsOf, millis } from '../config/setting.ts'

/** Settings of how telemetry ends with the process. */
export interface LifecycleOptions {
  /** Longest time that flushing may delay the end of the process, in milliseconds. Default 5 000. */
  shutdownTimeoutMillis?: number | undefined
  /** Longest time that `process.exit()` or a crash may wait for the last spans and logs, in milliseconds; 0 does without them. Default 1 000. */
  exitFlushTimeoutMillis?: number | undefined
}

export const lifecycleSettings = {
  shutdownTimeoutMillis: millis({
    env: 'TELLTALE_SHUTDOWN_TIMEOUT_MILLIS',
    default: 5_000,
    min: 0,
  }),
  exitFlushTimeoutMillis: millis({
    env: 'TELLTALE_EXIT_FLUSH_TIMEOUT_MILLIS',
    default: 1_000,
    min: 0,
  }),
} satisfies SettingsOf<LifecycleOptions>
