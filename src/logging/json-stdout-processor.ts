import type { LogRecordProcessor, ReadableLogRecord } from '@opentelemetry/sdk-logs'
import { isBytes } from '../core/value-kinds.ts'
import { toSafeValue, type SafeValueOptions } from './safe-value.ts'

/** Scopes whose logger writes to stdout itself: printing their records would double every line. */
const WRITE_THEMSELVES = new Set(['@opentelemetry/instrumentation-pino'])

/** Attributes that stand in front of the others, in this order, because people read lines from the left. */
const IN_FRONT = ['component', 'request_id', 'tenant_id'] as const

/** The short names of OpenTelemetry's severity ranges. */
const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const

/**
 * Writes each log record as one line of JSON.
 *
 * @param valueLength - what one field may have, in characters
 */
export function createJsonStdoutProcessor(
  write: (line: string) => void,
  valueLength?: number,
): LogRecordProcessor {
  const options = valueLength === undefined ? {} : { length: valueLength }
  return {
    onEmit(record) {
      if (!WRITE_THEMSELVES.has(record.instrumentationScope.name)) {
        write(toJsonLine(record, options))
      }
    },
    forceFlush: async () => undefined,
    shutdown: async () => undefined,
  }
}

/**
 * The line for one record: time, level, msg, who and whose, then its other attributes, none of which can displace what stands
 * before them. Never throws.
 */
export function toJsonLine(record: ReadableLogRecord, options?: SafeValueOptions): string {
  const { body, attributes, spanContext } = record
  const { name: scope } = record.instrumentationScope
  const taken = new Set<string>()
  let line = '{'
  const add = (key: string, value: unknown): void => {
    const text = value === undefined ? undefined : toJson(value, options)
    if (text === undefined || taken.has(key)) return
    line += `${line === '{' ? '' : ','}${JSON.stringify(key)}:${text}`
    taken.add(key)
  }
  add('time', toTime(record.hrTime))
  add('level', toLevel(record.severityNumber))
  add(typeof body === 'string' ? 'msg' : 'body', body)
  for (const key of IN_FRONT) add(key, attributes[key])
  add('event', record.eventName)
  add('trace_id', spanContext?.traceId)
  add('span_id', spanContext?.spanId)
  // A logger's scope is its component.
  if (scope !== attributes['component']) add('scope', scope)
  for (const key of Object.keys(attributes)) add(key, attributes[key])
  return `${line}}\n`
}

let lastMillis = Number.NaN
let lastTime: string | undefined

/** ISO 8601; nothing for a time that is none. Many records share a millisecond. */
function toTime([seconds, nanos]: ReadableLogRecord['hrTime']): string | undefined {
  const millis = Math.floor(seconds * 1_000 + nanos / 1e6)
  if (millis !== lastMillis) {
    const date = new Date(millis)
    lastTime = Number.isNaN(date.getTime()) ? undefined : date.toISOString()
    lastMillis = millis
  }
  return lastTime
}

function toLevel(severity: number | undefined): string | undefined {
  return severity === undefined || severity === 0
    ? undefined
    : LEVELS[Math.floor((severity - 1) / 4)]
}

function toJson(value: unknown, options: SafeValueOptions | undefined): string | undefined {
  if (typeof value === 'string') return JSON.stringify(value)
  if (typeof value === 'number' && Number.isFinite(value)) return String(value)
  try {
    return JSON.stringify(toSafeValue(value, options), toJsonValue)
  } catch {
    return '"[threw]"'
  }
}

/** A JSON replacer for what JSON cannot say: bytes, in base64. */
function toJsonValue(this: unknown, key: string, value: unknown): unknown {
  // Not `value`: a Buffer has already been turned into a list of numbers by its own toJSON().
  const original = (this as Record<string, unknown>)[key]
  return isBytes(original) ? Buffer.from(original).toString('base64') : value
}
