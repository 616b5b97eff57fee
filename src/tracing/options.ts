import {
  type SettingsOf,
  list,
  millis,
  oneOf,
  optional,
  text,
  wholeNumber,
} from '../config/setting.ts'

const SAMPLERS = [
  'always_on',
  'always_off',
  'traceidratio',
  'parentbased_always_on',
  'parentbased_always_off',
  'parentbased_traceidratio',
] as const

/** Settings of tracing. */
export interface TracingOptions {
  /** `otlp` (default), `console` or `none`. */
  exporters?: readonly string[] | undefined
  /** Which traces are kept. Default `parentbased_always_on`. */
  sampler?: (typeof SAMPLERS)[number] | undefined
  /** Argument of the sampler: for the ratio samplers a number from 0 to 1. Default 1. */
  samplerArgument?: string | undefined
  /** Longest time a span waits before it is sent, in milliseconds. Default 5 000. */
  scheduledDelayMillis?: number | undefined
  /** Spans held at the most, of 64 000 000 characters together; beyond it new ones are dropped and counted. Default 2 048. */
  maxQueueSize?: number | undefined
  /** Spans sent in one request at the most, of 2 000 000 characters together. Default 512. */
  maxExportBatchSize?: number | undefined
  /** Longest time for sending one batch, in milliseconds. Default 30 000. */
  exportTimeoutMillis?: number | undefined
  /** Longest attribute value kept, in characters; longer texts are cut. One span has 524 288 in all, or this and 65 536 if that is more. Default 65 536. */
  attributeValueLengthLimit?: number | undefined
  /** Attributes one span may have. Default 128. */
  attributeCountLimit?: number | undefined
  /** Events one span may have. Default 128. */
  eventCountLimit?: number | undefined
  /** Links one span may have. Default 128. */
  linkCountLimit?: number | undefined
  /** Attributes one event may have. Default 128. */
  attributePerEventCountLimit?: number | undefined
  /** Attributes one link may have. Default 128. */
  attributePerLinkCountLimit?: number | undefined
}

export const tracingSettings = {
  exporters: list<readonly string[]>({
    env: 'OTEL_TRACES_EXPORTER',
    default: ['otlp'],
    words: ['otlp', 'console', 'none'],
  }),
  sampler: oneOf(SAMPLERS, { env: 'OTEL_TRACES_SAMPLER', default: 'parentbased_always_on' }),
  samplerArgument: optional(
    text<string>({
      env: 'OTEL_TRACES_SAMPLER_ARG',
      default: '1',
      rule: 'a number from 0 to 1',
      accepts: (value) => value !== '' && Number(value) >= 0 && Number(value) <= 1,
    }),
  ),
  scheduledDelayMillis: millis({ env: 'OTEL_BSP_SCHEDULE_DELAY', default: 5_000, min: 0 }),
  maxQueueSize: wholeNumber({ env: 'OTEL_BSP_MAX_QUEUE_SIZE', default: 2_048, min: 1 }),
  maxExportBatchSize: wholeNumber({
    env: 'OTEL_BSP_MAX_EXPORT_BATCH_SIZE',
    default: 512,
    min: 1,
  }),
  exportTimeoutMillis: millis({ env: 'OTEL_BSP_EXPORT_TIMEOUT', default: 30_000, min: 1 }),
  attributeValueLengthLimit: wholeNumber({
    env: ['OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT', 'OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT'],
    // The specification has none; a span of many megabytes is taken by no back end, and takes its batch along.
    default: 65_536,
    min: 0,
  }),
  attributeCountLimit: wholeNumber({
    env: ['OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT', 'OTEL_ATTRIBUTE_COUNT_LIMIT'],
    default: 128,
    min: 0,
  }),
  eventCountLimit: wholeNumber({ env: 'OTEL_SPAN_EVENT_COUNT_LIMIT', default: 128, min: 0 }),
  linkCountLimit: wholeNumber({ env: 'OTEL_SPAN_LINK_COUNT_LIMIT', default: 128, min: 0 }),
  attributePerEventCountLimit: wholeNumber({
    env: 'OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT',
    default: 128,
    min: 0,
  }),
  attributePerLinkCountLimit: wholeNumber({
    env: 'OTEL_LINK_ATTRIBUTE_COUNT_LIMIT',
    default: 128,
    min: 0,
  }),
} satisfies SettingsOf<TracingOptions>
