import { isRegExp } from '../core/value-kinds.ts'
import { isAsymmetric, show } from './partial-match.ts'
import type { TestAuditRecord, TestLog, TestSpan, TestTelemetry } from './test-telemetry.ts'

/** What can be asked for, and the parts that it has. */
const PARTS = {
  span: namesOf<TestSpan>({
    name: 0,
    kind: 0,
    status: 0,
    statusMessage: 0,
    attributes: 0,
    events: 0,
    links: 0,
    traceId: 0,
    spanId: 0,
    parentSpanId: 0,
    durationMillis: 0,
  }),
  'log record': namesOf<TestLog>({
    message: 0,
    level: 0,
    component: 0,
    eventName: 0,
    attributes: 0,
    traceId: 0,
    spanId: 0,
  }),
  'audit record': namesOf<TestAuditRecord>({
    recordId: 0,
    event: 0,
    actor: 0,
    action: 0,
    outcome: 0,
    target: 0,
    source: 0,
    tenantId: 0,
    requestId: 0,
    userAgent: 0,
    details: 0,
    erasable: 0,
    traceId: 0,
    sequence: 0,
  }),
} as const

/** Kinds of what can be asked for by its parts. */
export type Kind = keyof typeof PARTS

/** @throws {TypeError} for what is no telemetry of a test: it would have nothing, whatever is asked */
export function checkTelemetry(telemetry: unknown): asserts telemetry is TestTelemetry {
  const { spans, metrics } = (telemetry ?? {}) as Partial<TestTelemetry>
  if (Array.isArray(spans) && typeof metrics === 'function') return
  throw new TypeError(
    `what startTestTelemetry() or startTestReceiver() returned must be asked; got ${given(telemetry)}`,
  )
}

/**
 * A question that nothing can answer is no proof that there is nothing: `.not` would always hold.
 *
 * @throws {TypeError} for a name that is none, and for parts that a thing of this kind never has
 */
export function checkQuestion(kind: Kind, name: unknown, expected: unknown): void {
  checkName(kind, name)
  const isParts = typeof expected === 'object' && expected !== null && !Array.isArray(expected)
  if (!isParts || isAsymmetric(expected)) {
    throw new TypeError(
      `the parts of the ${kind} asked for must be an object; got ${given(expected)}`,
    )
  }
  const parts: readonly string[] = PARTS[kind]
  const unknown = Object.keys(expected).find((key) => !parts.includes(key))
  if (unknown === undefined) return
  throw new TypeError(`no ${kind} has a part "${unknown}"; it has ${parts.join(', ')}`)
}

/** @throws {TypeError} for a name that is none */
export function checkName(kind: string, name: unknown): void {
  if (typeof name === 'string' || isRegExp(name)) return
  throw new TypeError(
    `the ${kind} asked for must be named by a text or a RegExp; got ${given(name)}`,
  )
}

function given(value: unknown): string {
  if (isAsymmetric(value)) return `a matcher: ${show(value)}`
  return value === undefined ? 'nothing' : show(value)
}

/** The names of all parts; one that is forgotten does not compile. */
function namesOf<Thing>(parts: Readonly<Record<keyof Thing, 0>>): readonly string[] {
  return Object.keys(parts)
}
