import { SpanKind, SpanStatusCode } from '@opentelemetry/api'
import type { TestLog, TestSpan } from './test-telemetry.ts'

interface OtlpValue {
  readonly stringValue?: string
  readonly boolValue?: boolean
  readonly intValue?: string | number
  readonly doubleValue?: number
  readonly arrayValue?: { readonly values?: readonly OtlpValue[] }
  readonly kvlistValue?: { readonly values?: readonly OtlpAttribute[] }
}

interface OtlpAttribute {
  readonly key: string
  readonly value: OtlpValue
}

interface OtlpSpan {
  readonly name: string
  readonly kind?: number
  readonly status?: { readonly code?: number; readonly message?: string }
  readonly attributes?: readonly OtlpAttribute[]
  readonly events?: readonly {
    readonly name: string
    readonly attributes?: readonly OtlpAttribute[]
  }[]
  readonly links?: readonly {
    readonly traceId: string
    readonly spanId: string
    readonly attributes?: readonly OtlpAttribute[]
  }[]
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly startTimeUnixNano: string
  readonly endTimeUnixNano: string
}

interface OtlpLog {
  readonly body?: OtlpValue
  readonly severityText?: string
  readonly eventName?: string
  readonly attributes?: readonly OtlpAttribute[]
  readonly traceId?: string
  readonly spanId?: string
}

/** What is read of a request in OTLP's JSON. */
export interface OtlpRequest {
  readonly resourceSpans?: readonly {
    readonly scopeSpans: readonly { readonly spans: readonly OtlpSpan[] }[]
  }[]
  readonly resourceLogs?: readonly {
    readonly scopeLogs: readonly { readonly logRecords: readonly OtlpLog[] }[]
  }[]
}

/** The spans of a request. */
export function readSpans({ resourceSpans = [] }: OtlpRequest): TestSpan[] {
  return resourceSpans
    .flatMap(({ scopeSpans }) => scopeSpans)
    .flatMap(({ spans }) => spans)
    .map((span) => ({
      name: span.name,
      // OTLP counts from 1, the API from 0.
      kind: SpanKind[(span.kind ?? 1) - 1]!.toLowerCase() as TestSpan['kind'],
      status: SpanStatusCode[span.status?.code ?? 0]!.toLowerCase() as TestSpan['status'],
      statusMessage: span.status?.message,
      attributes: readAttributes(span.attributes),
      events: (span.events ?? []).map(({ name, attributes }) => ({
        name,
        attributes: readAttributes(attributes),
      })),
      links: (span.links ?? []).map(({ traceId, spanId, attributes }) => ({
        traceId,
        spanId,
        attributes: readAttributes(attributes),
      })),
      traceId: span.traceId,
      spanId: span.spanId,
      parentSpanId: span.parentSpanId || undefined,
      durationMillis:
        Number(BigInt(span.endTimeUnixNano) - BigInt(span.startTimeUnixNano)) / 1_000_000,
    }))
}

/** The log records of a request. */
export function readLogs({ resourceLogs = [] }: OtlpRequest): TestLog[] {
  return resourceLogs
    .flatMap(({ scopeLogs }) => scopeLogs)
    .flatMap(({ logRecords }) => logRecords)
    .map(({ body, severityText, eventName, traceId, spanId, ...record }) => {
      const attributes = readAttributes(record.attributes)
      const { component } = attributes
      return {
        message: body && readValue(body),
        level: severityText?.toLowerCase(),
        component: typeof component === 'string' ? component : undefined,
        eventName,
        attributes,
        traceId: traceId || undefined,
        spanId: spanId || undefined,
      }
    })
}

function readAttributes(list: readonly OtlpAttribute[] = []): Record<string, unknown> {
  return Object.fromEntries(list.map(({ key, value }) => [key, readValue(value)]))
}

function readValue(value: OtlpValue): unknown {
  if (value.intValue !== undefined) return Number(value.intValue)
  if (value.arrayValue) return (value.arrayValue.values ?? []).map(readValue)
  if (value.kvlistValue) return readAttributes(value.kvlistValue.values)
  return value.stringValue ?? value.boolValue ?? value.doubleValue
}
