/** One span, as far as the demo and the tests look at it. */
export interface Span {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId: string | undefined
  readonly name: string
  readonly service: string
  readonly kind: SpanKind
  readonly startMillis: number
  readonly endMillis: number
  readonly isError: boolean
  readonly attributes: ReadonlyMap<string, string>
}

/** What a span stands for: who called, who answered. */
export type SpanKind = (typeof kinds)[number]

const kinds = ['internal', 'server', 'client', 'producer', 'consumer'] as const

/**
 * Reads one trace from Jaeger (API v3).
 *
 * @returns no spans when Jaeger does not know the trace (yet)
 */
export async function readTrace(jaegerUrl: string, traceId: string): Promise<Span[]> {
  const response = await fetch(`${jaegerUrl}/api/v3/traces/${traceId}`)
  const text = await response.text()
  if (response.status === 404) return []
  if (!response.ok) throw new Error(`Jaeger answered ${response.status}: ${text}`)
  const answer: { readonly result: OtlpTraces } = JSON.parse(text)
  return toSpans(answer.result)
}

interface OtlpTraces {
  readonly resourceSpans: readonly {
    readonly resource?: { readonly attributes?: readonly OtlpAttribute[] }
    readonly scopeSpans: readonly { readonly spans: readonly OtlpSpan[] }[]
  }[]
}

interface OtlpSpan {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly name: string
  readonly kind?: number | string
  readonly startTimeUnixNano: string
  readonly endTimeUnixNano: string
  readonly attributes?: readonly OtlpAttribute[]
  readonly status?: { readonly code?: number | string }
}

interface OtlpAttribute {
  readonly key: string
  readonly value: Readonly<Record<string, unknown>>
}

function toSpans({ resourceSpans }: OtlpTraces): Span[] {
  return resourceSpans.flatMap(({ resource, scopeSpans }) => {
    const service = toAttributes(resource?.attributes).get('service.name') ?? 'unknown'
    return scopeSpans.flatMap(({ spans }) => spans.map((span) => toSpan(span, service)))
  })
}

function toSpan(span: OtlpSpan, service: string): Span {
  return {
    traceId: span.traceId,
    spanId: span.spanId,
    parentSpanId: span.parentSpanId || undefined,
    name: span.name,
    service,
    kind: toKind(span.kind),
    startMillis: toMillis(span.startTimeUnixNano),
    endMillis: toMillis(span.endTimeUnixNano),
    // OTLP as JSON writes an enum as its number; some writers use its name.
    isError: span.status?.code === 2 || span.status?.code === 'STATUS_CODE_ERROR',
    attributes: toAttributes(span.attributes),
  }
}

function toKind(kind: number | string | undefined): SpanKind {
  const byName = kinds.find((name) => kind === `SPAN_KIND_${name.toUpperCase()}`)
  return byName ?? kinds[Number(kind) - 1] ?? 'internal'
}

// Nanoseconds since 1970 do not fit a number; to the microsecond they do.
function toMillis(unixNano: string): number {
  return Number(BigInt(unixNano) / 1_000n) / 1_000
}

function toAttributes(attributes: readonly OtlpAttribute[] = []): Map<string, string> {
  return new Map(attributes.map(({ key, value }) => [key, String(Object.values(value)[0])]))
}
