import type { HrTime } from '@opentelemetry/api'
import { toExceptionValues, type ParseStack } from './exception-values.ts'

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

/** What Sentry takes of a text, and of a tag; an event may have a megabyte in all. */
const MAX_TEXT = 8_192
const MAX_TAG = 200
const MAX_EXTRA = 64

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
  const message = attributes['exception.message']
  const thrown = {
    type: String(attributes['exception.type']),
    value: typeof message === 'string' ? message : '',
  }
  const errors = toExceptionValues(
    thrown,
    typeof stacktrace === 'string' ? stacktrace : '',
    parseStack,
  )
  const tags = TAGS.flatMap((name) => {
    const value = attributes[name]
    return typeof value === 'string' ? [[name, cut(value, MAX_TAG)]] : []
  })
  const extra = Object.entries(attributes)
    .filter(([name]) => !TAGS.includes(name) && !EXCEPTION.has(name))
    .slice(0, MAX_EXTRA)
    .map(([name, value]) => [cut(name, MAX_TAG), toExtra(value)])
  return {
    event_id: crypto.randomUUID().replaceAll('-', ''),
    timestamp: hrTime[0] + hrTime[1] / 1e9,
    platform: 'node',
    level: severityNumber >= FATAL ? 'fatal' : 'error',
    ...(typeof attributes['component'] === 'string' && { logger: attributes['component'] }),
    ...(typeof record.body === 'string' && { message: cut(record.body) }),
    ...(release !== undefined && { release }),
    ...(environment !== undefined && { environment }),
    ...(serverName !== undefined && { server_name: serverName }),
    exception: {
      values: errors.map((error) => ({
        ...error,
        type: cut(error.type, MAX_TAG),
        value: cut(error.value),
      })),
    },
    contexts: spanContext
      ? { trace: { trace_id: spanContext.traceId, span_id: spanContext.spanId } }
      : {},
    tags: Object.fromEntries(tags),
    extra: Object.fromEntries(extra),
  }
}

/** A value as it is, unless it is too large: then its beginning, as text. */
function toExtra(value: unknown): unknown {
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return text === undefined || text.length <= MAX_TEXT ? value : cut(text)
}

function cut(text: string, length = MAX_TEXT): string {
  return text.length > length ? `${text.slice(0, length)}…` : text
}
