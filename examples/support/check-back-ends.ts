import { Client } from 'pg'
import type { StackAddresses } from '../../deploy/stack/stack.ts'
import { type AuditRow, readAuditRows } from './audit-rows.ts'
import type { PromisedAuditEvent, PromisedLog, PromisedQuery, PromisedTrace } from './contract.ts'
import { eventually, type Patience } from './eventually.ts'
import { type LogLine, readLogs } from './logs.ts'
import { askPrometheus } from './prometheus.ts'
import { toReason } from './reason.ts'
import { readTrace, type Span } from './traces.ts'

/** Waits until a query finds lines in Loki that have every promised field. */
export async function checkLog(
  { query, tenant, fields = [] }: PromisedLog,
  { loki }: StackAddresses,
  patience: Patience,
): Promise<string | undefined> {
  const lines = await eventually(
    `a line of ${query}`,
    async () => readLogs(loki, { query, ...(tenant !== undefined && { tenant }) }),
    (found) => found.length > 0,
    patience,
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
  patience: Patience,
): Promise<string | undefined> {
  let reason: string | undefined
  const look = async (): Promise<boolean> => {
    reason = problemOfTrace(await readTrace(jaeger, traceId), patterns)
    return reason === undefined
  }
  try {
    await eventually(`trace ${traceId}`, look, (isWhole) => isWhole, patience)
    return undefined
  } catch (error) {
    return reason ?? toReason(error)
  }
}

/** Each process sends its spans in its own time: what is missing may still come. */
function problemOfTrace(spans: readonly Span[], patterns: readonly RegExp[]): string | undefined {
  const missing = patterns.filter((pattern) => !spans.some(({ name }) => pattern.test(name)))
  if (missing.length > 0) return `it has no span ${missing.join(', ')}`
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
  { name, columns = [], details = [], detailsLike = {}, values = {} }: PromisedAuditEvent,
  services: readonly string[],
  { postgresAuditor }: StackAddresses,
  patience: Patience,
): Promise<string | undefined> {
  const required = ['actor_id', 'actor_type', 'action', 'outcome', ...columns]
  const lacks = (row: AuditRow): string[] => [
    ...required.filter((column) => columnOf(row, column) == null),
    ...details.filter((key) => row.details[key] == null).map((key) => `details.${key}`),
    ...Object.entries(values)
      .filter(([column, value]) => columnOf(row, column) !== value)
      .map(([column, value]) => `${column}=${value}`),
    ...Object.entries(detailsLike)
      .filter(([key, pattern]) => !pattern.test(String(row.details[key])))
      .map(([key, pattern]) => `details.${key} like ${pattern}`),
  ]
  // The nearest that was seen, so that the reason says what it lacks.
  let lacking: readonly string[] | undefined
  const look = async (): Promise<boolean> => {
    const all = await Promise.all(
      services.map(async (service) => readAuditRows(postgresAuditor, 'service_name', service)),
    )
    for (const row of all.flat().filter(({ event_name }) => event_name === name)) {
      const own = lacks(row)
      if (!lacking || own.length < lacking.length) lacking = own
    }
    return lacking?.length === 0
  }
  try {
    await eventually(`a record of ${name}`, look, (isComplete) => isComplete, patience)
    return undefined
  } catch (error) {
    return lacking ? `no record of it has ${lacking.join(', ')}` : toReason(error)
  }
}

function columnOf(row: AuditRow, column: string): unknown {
  return (row as unknown as Record<string, unknown>)[column]
}

/** Runs a query of the team's as written; it has to return something. */
export async function checkQuery(
  { language, text, columns = [] }: PromisedQuery,
  { postgresAuditor, prometheus }: StackAddresses,
  patience: Patience,
): Promise<string | undefined> {
  if (language === 'promql' && prometheus === null) return 'this stack has no Prometheus'
  const rows = await eventually(
    `an answer to ${text}`,
    async (): Promise<readonly object[]> =>
      language === 'sql' ? askPostgres(postgresAuditor, text) : askPrometheus(prometheus!, text),
    (found) => found.length > 0,
    patience,
  )
  const empty = columns.filter((column) =>
    rows.every((row) => (row as Readonly<Record<string, unknown>>)[column] == null),
  )
  return empty.length > 0 ? `no row has a value of ${empty.join(', ')}` : undefined
}

async function askPostgres(url: string, text: string): Promise<readonly object[]> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 5_000 })
  await client.connect()
  try {
    return (await client.query<object>(text)).rows
  } finally {
    await client.end()
  }
}
