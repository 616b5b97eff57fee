import { createRedaction, REDACTED, type Redaction } from '../core/redaction.ts'
import { toTitle } from './expectations.ts'
import type { TestTelemetry } from './test-telemetry.ts'

/** Deeper than this nothing is telemetry any more. */
const DEEPEST = 64

/**
 * The places of what looks like a secret, in all four signals; never the secrets themselves.
 *
 * What counts as one is what the SDK redacts: docs/reference/redaction.md.
 *
 * @param redactNames - names of secrets besides the known ones
 */
export async function findSecrets(
  telemetry: TestTelemetry,
  redactNames: readonly string[] = [],
): Promise<string[]> {
  const redaction = createRedaction(redactNames)
  const look = (place: string, value: unknown): string[] => leaks(place, '', value, redaction, 0)
  return [
    ...telemetry.spans.flatMap(({ name, attributes, events, statusMessage }) =>
      look(`span "${redaction.text(name)}"`, { name, statusMessage, attributes, events }),
    ),
    ...telemetry.logs.flatMap((log) => {
      const { message, attributes } = log
      return look(`log record "${redaction.text(toTitle(log))}"`, { message, attributes })
    }),
    ...telemetry.auditRecords.flatMap((record) => look(`audit record "${record.event}"`, record)),
    ...(await telemetry.metrics()).flatMap(({ name, labels }) => look(`series ${name}`, labels)),
  ]
}

function leaks(
  place: string,
  path: string,
  value: unknown,
  redaction: Redaction,
  depth: number,
): string[] {
  if (typeof value === 'string') {
    return redaction.text(value) === value ? [] : [`${place}: a secret in the text of ${path}`]
  }
  if (typeof value !== 'object' || value === null || depth > DEEPEST) return []
  return Object.entries(value).flatMap(([key, member]: [string, unknown]) => {
    const at = path === '' ? key : `${path}.${key}`
    const isLeak = redaction.isSecret(key) && !isNothing(member) && !Array.isArray(value)
    return isLeak ? [`${place}: ${at} has a value`] : leaks(place, at, member, redaction, depth + 1)
  })
}

function isNothing(value: unknown): boolean {
  return value === undefined || value === null || value === '' || value === REDACTED
}
