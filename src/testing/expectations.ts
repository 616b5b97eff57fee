import type { AuditEvent } from '../audit/define-audit-event.ts'
import { isRegExp } from '../core/value-kinds.ts'
import { checkName, checkQuestion, checkTelemetry, type Kind } from './check-question.ts'
import { differences, matches, show } from './partial-match.ts'
import type {
  TestAuditRecord,
  TestLog,
  TestSample,
  TestSpan,
  TestTelemetry,
} from './test-telemetry.ts'

/** Parts of something; a RegExp stands for texts, and asymmetric matchers such as `expect.any(String)` for anything. */
export type Expected<Thing> = {
  readonly [Key in keyof Thing]?: Thing[Key] extends object | undefined
    ? object
    : Thing[Key] | RegExp | object
}

/** A name, or what it looks like. */
export type Name = string | RegExp

/** What a search came to. */
export interface Search<Thing> {
  readonly found: Thing | undefined
  /** What was looked for, and what there is instead. */
  readonly message: string
}

/** How many of what is nearest are shown. */
const SHOWN = 3

/** Looks for a finished span. */
export function findSpan(
  telemetry: TestTelemetry,
  name: Name,
  expected: Expected<TestSpan> = {},
): Search<TestSpan> {
  check(telemetry, 'span', name, expected)
  return find(telemetry.spans, { ...expected, name }, 'span', (span) => span.name)
}

/** Looks for a log record by its message. */
export function findLog(
  telemetry: TestTelemetry,
  message: Name,
  expected: Expected<TestLog> = {},
): Search<TestLog> {
  check(telemetry, 'log record', message, expected)
  return find(telemetry.logs, { ...expected, message }, 'log record', toTitle)
}

/** What a log record is called in a message. */
export function toTitle({ message }: TestLog): string {
  return typeof message === 'string' ? message : show(message)
}

/** Looks for an audit record by its event, or by the event's name. */
export function findAuditRecord(
  telemetry: TestTelemetry,
  // oxlint-disable-next-line typescript/no-explicit-any -- of whatever details
  event: Name | AuditEvent<any>,
  expected: Expected<TestAuditRecord> = {},
): Search<TestAuditRecord> {
  const isName = typeof event === 'string' || isRegExp(event)
  // What is undefined may be an event that was imported by a wrong name.
  const name = isName ? event : (event as AuditEvent<unknown> | undefined)?.name
  check(telemetry, 'audit record', name, expected)
  const wanted = { ...expected, event: name }
  return find(telemetry.auditRecords, wanted, 'audit record', (each) => each.event)
}

/**
 * Looks for a series of /metrics.
 *
 * @param labels - at least these
 * @param value - any, unless it is given
 */
export async function findMetric(
  telemetry: TestTelemetry,
  name: string,
  labels: Readonly<Record<string, string | RegExp | object>> = {},
  value?: number | object,
): Promise<Search<TestSample>> {
  checkTelemetry(telemetry)
  checkName('series', name)
  const samples = await telemetry.metrics()
  const wanted = { name, labels, ...(value !== undefined && { value }) }
  return find(samples, wanted, 'series', (sample) => sample.name)
}

function check(telemetry: unknown, kind: Kind, name: unknown, expected: unknown): void {
  checkTelemetry(telemetry)
  checkQuestion(kind, name, expected)
}

function find<Thing extends object>(
  things: readonly Thing[],
  expected: Readonly<Record<string, unknown>>,
  kind: string,
  nameOf: (thing: Thing) => string,
): Search<Thing> {
  const found = things.find((thing) => matches(thing, expected))
  const wanted = Object.entries(expected)
    .filter(
      ([, value]) =>
        !(typeof value === 'object' && Object.keys(value ?? {}).length === 0 && !isRegExp(value)),
    )
    .map(([key, value]) => `${key} ${show(value)}`)
    .join(', ')
  if (found) return { found, message: `there is a ${kind} with ${wanted}: ${show(found)}` }
  return {
    found,
    message: `there is no ${kind} with ${wanted}${nearest(things, expected, kind, nameOf)}`,
  }
}

/** What there is instead: those that lack least, each with what it lacks; else the names. */
function nearest<Thing extends object>(
  things: readonly Thing[],
  expected: object,
  kind: string,
  nameOf: (thing: Thing) => string,
): string {
  if (things.length === 0) return `; there is no ${kind} at all`
  const misses = things
    .map((thing) => ({ name: nameOf(thing), lacks: differences(thing, expected) }))
    .toSorted((a, b) => a.lacks.length - b.lacks.length)
  const near = misses
    .slice(0, SHOWN)
    .map(({ name, lacks }) => `\n  ${kind} "${name}": ${lacks.join('; ')}`)
  const names = [...new Set(misses.slice(SHOWN).map(({ name }) => name))]
  const others = names.length > 0 ? `\n  and ${misses.length - SHOWN} others: ${show(names)}` : ''
  return `; the nearest are${near.join('')}${others}`
}
