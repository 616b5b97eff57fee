import type { LogRecordProcessor, ReadableLogRecord } from '@opentelemetry/sdk-logs'
import { toSafeValue } from './safe-value.ts'

/** Scopes whose logger writes to stdout itself: printing their records would double every line. */
const WRITE_THEMSELVES = new Set(['@opentelemetry/instrumentation-pino'])

/** Writes each log record as one line of JSON. */
export function createJsonStdoutProcessor(write: (line: string) => void): LogRecordProcessor {
  return {
    onEmit(record) {
      if (!WRITE_THEMSELVES.has(record.instrumentationScope.name)) write(toJsonLine(record))
    },
    forceFlush: async () => undefined,
    shutdown: async () => undefined,
  }
}

/** The line for one record: time, level, msg, trace, then its attributes; never throws. */
export function toJsonLine(record: ReadableLogRecord): string {
  const { body, spanContext } = record
  const fields = Object.entries({
    time: toTime(record.hrTime),
    level: toLevel(record.severityNumber),
    msg: typeof body === 'string' ? body : undefined,
    body: typeof body === 'string' ? undefined : body,
    event: record.eventName,
    trace_id: spanContext?.traceId,
    span_id: spanContext?.spanId,
    scope: record.instrumentationScope.name,
  })
  const ours = Object.fromEntries(fields.filter(([, value]) => value !== undefined))
  try {
    // Ours are named first, for their place in the line, and last: attributes cannot displace them.
    const line = toSafeValue({ ...ours, ...record.attributes, ...ours })
    return `${JSON.stringify(line, toJsonValue)}\n`
  } catch (error) {
    return `${JSON.stringify({ ...ours, body: undefined, error: String(error) })}\n`
  }
}

/** ISO 8601; nothing for a time that is none. */
function toTime([seconds, nanos]: ReadableLogRecord['hrTime']): string | undefined {
  const date = new Date(seconds * 1_000 + nanos / 1e6)
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString()
}

/** The short names of OpenTelemetry's severity ranges. */
function toLevel(severity: number | undefined): string | undefined {
  if (severity === undefined || severity === 0) return undefined
  return ['trace', 'debug', 'info', 'warn', 'error', 'fatal'][Math.floor((severity - 1) / 4)]
}

/** A JSON replacer for what JSON cannot say: big integers as text, bytes in base64. */
function toJsonValue(this: unknown, key: string, value: unknown): unknown {
  // Not `value`: a Buffer has already been turned into a list of numbers by its own toJSON().
  const original = (this as Record<string, unknown>)[key]
  if (original instanceof Uint8Array) return Buffer.from(original).toString('base64')
  return typeof value === 'bigint' ? value.toString() : value
}
