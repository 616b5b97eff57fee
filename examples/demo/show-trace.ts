import { eventually } from '../support/eventually.ts'
import type { Terminal } from '../support/terminal.ts'
import { readTrace, type Span } from '../support/traces.ts'
import { drawWaterfall, formatMillis } from './waterfall.ts'

/** What has to be in the trace of a claim, and how to recognise it. */
const hops: Readonly<Record<string, (span: Span) => boolean>> = {
  'the request': (span) => span.kind === 'server' && span.parentSpanId === undefined,
  'JWT verification': (span) => span.name === 'verify JWT',
  'SQL query': (span) => span.kind === 'client' && isSql(span, 'SELECT'),
  'Redis look-up': (span) => span.kind === 'client' && /^get\b/i.test(span.name),
  'the call to the chain': (span) => span.kind === 'client' && /^POST\b/.test(span.name),
  'the chain itself': (span) => span.kind === 'server' && span.parentSpanId !== undefined,
  'SQL update': (span) => span.kind === 'client' && isSql(span, 'UPDATE'),
}

/**
 * Shows one trace as a waterfall, read from Jaeger.
 *
 * @throws {Error} unless all hops of a claim are there
 */
export async function showTrace(
  terminal: Terminal,
  jaegerUrl: string,
  traceId: string,
): Promise<void> {
  const spans = await eventually(
    'the spans of all hops',
    async () => readTrace(jaegerUrl, traceId),
    (spans) => missingHops(spans).length === 0,
    { withinMillis: 15_000 },
  )
  const start = Math.min(...spans.map((span) => span.startMillis))
  const end = Math.max(...spans.map((span) => span.endMillis))
  const services = new Set(spans.map((span) => span.service))
  terminal.heading('Trace', `GET ${jaegerUrl}/api/v3/traces/${traceId}`)
  for (const line of drawWaterfall(spans, { width: terminal.width - 2, paint: terminal.paint })) {
    terminal.line(`  ${line}`)
  }
  terminal.line(
    `  ${spans.length} spans of ${services.size} services in ${formatMillis(end - start)}`,
  )
}

/** Which hops of a claim a trace does not show. */
export function missingHops(spans: readonly Span[]): string[] {
  return Object.entries(hops)
    .filter(([, isHop]) => !spans.some(isHop))
    .map(([name]) => name)
}

function isSql(span: Span, verb: string): boolean {
  const statement = span.attributes.get('db.query.text') ?? span.attributes.get('db.statement')
  return new RegExp(`^\\s*${verb}\\b`, 'i').test(statement ?? '')
}
