import type { HrTime } from '@opentelemetry/api'

/** What of a log record becomes an event. */
export interface ErrorRecord {
  readonly hrTime: HrTime
  readonly severityNumber?: number | undefined
  readonly body?: unknown
  readonly attributes: Readonly<Record<string, unknown>>
  readonly spanContext?: { readonly traceId: string; readonly spanId: string } | undefined
}

/** What all events of this process have. */
export interface EventOrigin {
  readonly release: string | undefined
  readonly environment: string | undefined
  readonly serverName: string | undefined
}

/** Reads the frames of a stack trace; Sentry's own parser. */
export type ParseStack = (stack: string) => readonly object[]

/** An event as Sentry takes it. */
export interface SentryEvent {
  readonly event_id: string
  readonly timestamp: number
  readonly platform: 'node'
  readonly level: 'error' | 'fatal'
  readonly [member: string]: unknown
}

/** `ERROR` of OpenTelemetry, and `FATAL`. */
const ERROR = 17
const FATAL = 21

/** Members of a record that can be searched for in Sentry. */
const TAGS = ['component', 'tenant_id', 'request_id', 'http.route', 'error.type']
const EXCEPTION: ReadonlySet<string> = new Set([
  'exception.type',
  'exception.message',
  'exception.stacktrace',
])

/** Whether a record is an error that was thrown: what is only worth a line is none of Sentry's business. */
export function isReportable({ severityNumber = 0, attributes }: ErrorRecord): boolean {
  return severityNumber >= ERROR && typeof attributes['exception.type'] === 'string'
}

/**
 * A log record of an error as an event.
 *
 * @see https://develop.sentry.dev/sdk/data-model/event-payloads/
 */
export function toSentryEvent(
  record: ErrorRecord,
  { release, environment, serverName }: EventOrigin,
  parseStack: ParseStack,
): SentryEvent {
  const { attributes, severityNumber = ERROR, spanContext, hrTime } = record
  const stacktrace = attributes['exception.stacktrace']
  const frames = typeof stacktrace === 'string' ? parseStack(stacktrace) : []
  const tags = TAGS.filter((name) => typeof attributes[name] === 'string').map((name) => [
    name,
    attributes[name],
  ])
  const extra = Object.entries(attributes).filter(
    ([name]) => !TAGS.includes(name) && !EXCEPTION.has(name),
  )
  return {
    event_id: crypto.randomUUID().replaceAll('-', ''),
    timestamp: hrTime[0] + hrTime[1] / 1e9,
    platform: 'node',
    level: severityNumber >= FATAL ? 'fatal' : 'error',
    ...(typeof attributes['component'] === 'string' && { logger: attributes['component'] }),
    ...(typeof record.body === 'string' && { message: record.body }),
    ...(release !== undefined && { release }),
    ...(environment !== undefined && { environment }),
    ...(serverName !== undefined && { server_name: serverName }),
    exception: {
      values: [
        {
          type: attributes['exception.type'],
          value: attributes['exception.message'] ?? '',
          ...(frames.length > 0 && { stacktrace: { frames } }),
        },
      ],
    },
    contexts: spanContext
      ? { trace: { trace_id: spanContext.traceId, span_id: spanContext.spanId } }
      : {},
    tags: Object.fromEntries(tags),
    extra: Object.fromEntries(extra),
  }
}
