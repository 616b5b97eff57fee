import {
  type SettingsOf,
  flag,
  keyValues,
  list,
  millis,
  oneOf,
  wholeNumber,
  type Setting,
} from '../config/setting.ts'
import { isLogLevel, LOG_LEVELS, type LogLevel } from './log-level.ts'

/** Settings of logging. */
export interface LoggingOptions {
  /** What loggers made by `getLogger()` write: `debug`, `info`, `warn` or `error`, and whatever is graver. Changeable while running. Default `info`. */
  level?: LogLevel | undefined
  /** Levels of single components, in place of `level`: `auth=debug,http=warn`. */
  levels?: Readonly<Record<string, LogLevel>> | undefined
  /** Whether the signal SIGUSR2 turns all components to debug and back. An application that listens to it keeps it anyway. Default true. */
  levelSignal?: boolean | undefined
  /** `otlp` (default), `console` or `none`. */
  exporters?: readonly string[] | undefined
  /** Also writes each record as one line of JSON to stdout. Records of pino are left out: pino writes its own. Default false. */
  stdout?: boolean | undefined
  /** Longest time a record waits before it is sent, in milliseconds. Default 1 000. */
  scheduledDelayMillis?: number | undefined
  /** Records held at the most, of 64 000 000 characters together; beyond it new ones are dropped and counted. Default 2 048. */
  maxQueueSize?: number | undefined
  /** Records sent in one request at the most, of 2 000 000 characters together. Default 512. */
  maxExportBatchSize?: number | undefined
  /** Longest time for sending one batch, in milliseconds. Default 30 000. */
  exportTimeoutMillis?: number | undefined
  /** Longest attribute value kept, in characters; longer texts are cut. More than the default is also what an object or a list may have together; one record has 524 288 in all. Default 65 536. */
  attributeValueLengthLimit?: number | undefined
  /** Attributes one record may have. Default 128. */
  attributeCountLimit?: number | undefined
}

export const loggingSettings = {
  level: oneOf(LOG_LEVELS, { env: 'TELLTALE_LOG_LEVEL', default: 'info' }),
  levels: componentLevels(),
  levelSignal: flag({ env: 'TELLTALE_LOG_LEVEL_SIGNAL', default: true }),
  exporters: list<readonly string[]>({
    env: 'OTEL_LOGS_EXPORTER',
    default: ['otlp'],
    words: ['otlp', 'console', 'none'],
  }),
  stdout: flag({ env: 'TELLTALE_LOG_STDOUT', default: false }),
  scheduledDelayMillis: millis({ env: 'OTEL_BLRP_SCHEDULE_DELAY', default: 1_000, min: 0 }),
  maxQueueSize: wholeNumber({ env: 'OTEL_BLRP_MAX_QUEUE_SIZE', default: 2_048, min: 1 }),
  maxExportBatchSize: wholeNumber({
    env: 'OTEL_BLRP_MAX_EXPORT_BATCH_SIZE',
    default: 512,
    min: 1,
  }),
  exportTimeoutMillis: millis({ env: 'OTEL_BLRP_EXPORT_TIMEOUT', default: 30_000, min: 1 }),
  attributeValueLengthLimit: wholeNumber({
    env: ['OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT', 'OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT'],
    default: 65_536,
    min: 0,
  }),
  attributeCountLimit: wholeNumber({
    env: ['OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT', 'OTEL_ATTRIBUTE_COUNT_LIMIT'],
    default: 128,
    min: 0,
  }),
} satisfies SettingsOf<LoggingOptions>

function componentLevels(): Setting<Readonly<Record<string, LogLevel>>> {
  const pairs = keyValues<Readonly<Record<string, LogLevel>>>({
    env: 'TELLTALE_LOG_LEVELS',
    default: {},
  })
  return {
    ...pairs,
    rule: `pairs component=level, divided by commas; a level is one of ${LOG_LEVELS.join(', ')}`,
    accepts: (value) => pairs.accepts(value) && Object.values(value as object).every(isLogLevel),
  }
}
