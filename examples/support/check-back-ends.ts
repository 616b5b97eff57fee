import { Client } from 'pg'
import type { StackAddresses } from '../../deploy/stack/stack.ts'
import { type AuditRow, readAuditRows } from './audit-rows.ts'
import type { PromisedAuditEvent, PromisedLog, PromisedQuery, PromisedTrace } from './contract.ts'
import { eventually } from './eventually.ts'
import { type LogLine, readLogs } from './logs.ts'
import { askPrometheus } from './prometheus.ts'
import { readTrace, type Span } from './traces.ts'

/** What is sent needs a moment to arrive, on a busy machine a long one. */
const PATIENCE = { withinMillis: 20_000, everyMillis: 250 }

/** Waits until a query finds lines in Loki that have every promised field. */
export async function checkLog(
  { query, tenant, fields = [] }: PromisedLog,
  { loki }: StackAddresses,
): Promise<string | undefined> {
  const lines = await eventually(
    `a line of ${query}`,
    async () => readLogs(loki, { query, ...(tenant !== undefined && { tenant }) }),
    (found) => found.length > 0,
    PATIENCE,
  )
  const lacks = (line: LogLine): string | undefined =>
    fields.find((field) => !(field in line.fields))
  const bad = lines.find(lacks)
  return bad && `the line "${bad.message}" has no ${lacks(bad)}`
}

/** Waits until a trace has every promised span, in their order, under one root. */
export async function checkTrace(
  { spans: patterns }: PromisedTrace,
  traceId: string,
  { jaeger }: StackAddresses,
): Promise<string | undefined> {
  const spans = await eventually(
    `trace ${traceId}`,
    async () => readTrace(jaeger, traceId),
    (found) => patterns.every((pattern) => found.some(({ name }) => pattern.test(name))),
    PATIENCE,
  )
  const ids = new Set(spans.map(({ spanId }) => spanId))
  const roots = spans.filter(({ parentSpanId }) => !parentSpanId || !ids.has(parentSpanId))
  if (roots.length !== 1) return `it has ${roots.length} roots: ${roots.map(toName).join(', ')}`
  if (isInOrder(spans, patterns)) return undefined
  const ordered = spans.toSorted((a, b) => a.startMillis - b.startMillis)
  return `the order of its spans is ${ordered.map(toName).join(', ')}`
}

/** Whether the first spans of these names started one after the other; spans start at whole milliseconds, often at the same. */
export function isInOrder(
  spans: readonly Pick<Span, 'name' | 'startMillis'>[],
  patterns: readonly RegExp[],
): boolean {
  const starts = patterns.map((pattern) =>
    Math.min(
      ...spans.filter(({ name }) => pattern.test(name)).map(({ startMillis }) => startMillis),
    ),
  )
  return starts.every((start, index) => index === 0 || start >= (starts[index - 1] ?? 0))
}

function toName({ name }: Span): string {
  return name
}

/** Waits until the trail has a record of the event with everything that it must have. */
export async function checkAuditEvent(
  { name, columns = [], details = [] }: PromisedAuditEvent,
  services: readonly string[],
  { postgresAuditor }: StackAddresses,
): Promise<string | undefined> {
  const rows = await eventually(
    `a record of ${name}`,
    async () => {
      const all = await Promise.all(
        services.map(async (service) => readAuditRows(postgresAuditor, 'service_name', service)),
      )
      return all.flat().filter(({ event_name }) => event_name === name)
    },
    (found) => found.length > 0,
    PATIENCE,
  )
  const required = ['actor_id', 'actor_type', 'action', 'outcome', ...columns]
  const lacks = (row: AuditRow): string[] => [
    ...required.filter((column) => (row as unknown as Record<string, unknown>)[column] == null),
    ...details.filter((key) => !(key in row.details)).map((key) => `details.${key}`),
  ]
  const complete = rows.find((row) => lacks(row).length === 0)
  return complete ? undefined : `no record of it has ${lacks(rows[0]!).join(', ')}`
}

/** Runs a query of the team's as written; it has to return something. */
export async function checkQuery(
  { language, text }: PromisedQuery,
  { postgresAuditor, prometheus }: StackAddresses,
): Promise<string | undefined> {
  if (language === 'promql' && prometheus === null) return 'this stack has no Prometheus'
  await eventually(
    `an answer to ${text}`,
    async (): Promise<readonly unknown[]> =>
      language === 'sql' ? askPostgres(postgresAuditor, text) : askPrometheus(prometheus!, text),
    (rows) => rows.length > 0,
    PATIENCE,
  )
  return undefined
}

async function askPostgres(url: string, text: string): Promise<readonly unknown[]> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 5_000 })
  await client.connect()
  try {
    return (await client.query(text)).rows
  } finally {
    await client.end()
  }
}
