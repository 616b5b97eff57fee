import {
  createRedaction,
  isSecretNumber,
  REDACTED,
  redactValue,
  type Redaction,
} from '../core/redaction.ts'
import { secretByNeighbours, secretBySiblings } from '../core/secret-members.ts'
import { isBytes } from '../core/value-kinds.ts'
import { checkTelemetry } from './check-question.ts'
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
  checkTelemetry(telemetry)
  const redaction = createRedaction(redactNames)
  const look = (place: string, value: unknown): string[] => leaks(place, '', value, redaction, 0)
  return [
    ...telemetry.spans.flatMap(({ name, attributes, events, links = [], statusMessage }) =>
      look(`span "${redaction.text(name)}"`, {
        name,
        statusMessage,
        attributes,
        events,
        links: links.map((link) => link.attributes),
      }),
    ),
    ...telemetry.logs.flatMap((log) => {
      const { message, attributes } = log
      return look(`log record "${redaction.text(toTitle(log))}"`, { message, attributes })
    }),
    ...telemetry.auditRecords.flatMap((record) => look(`audit record "${record.event}"`, record)),
    // The names of labels say nothing: `token="USDC"` is a dimension.
    ...(await telemetry.metrics()).flatMap(({ name, labels }) =>
      Object.entries(labels).flatMap(([label, value]) =>
        leaks(`series ${name}`, label, value, redaction, 0),
      ),
    ),
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
  if (typeof value === 'number') {
    return isSecretNumber(value, redaction) ? [`${place}: ${path} is a card number`] : []
  }
  if (typeof value !== 'object' || value === null || depth > DEEPEST) return []
  if (isBytes(value)) {
    return redactValue(value, redaction) === value
      ? []
      : [`${place}: a secret in the bytes of ${path}`]
  }
  const isHidden = hiddenIn(value, redaction)
  return Object.entries(value).flatMap(([key, member]: [string, unknown]) => {
    const name = redaction.text(key)
    const at = path === '' ? name : `${path}.${name}`
    if (name !== key) return [`${place}: a secret in the name ${at}`]
    return isHidden(key) && !isNothing(member)
      ? [`${place}: ${at} has a value`]
      : leaks(place, at, member, redaction, depth + 1)
  })
}

/** Which members are secret by their name, or by what stands beside them. */
function hiddenIn(value: object, redaction: Redaction): (key: string) => boolean {
  if (Array.isArray(value)) {
    const items = secretByNeighbours(value, redaction.isSecret)
    return (key) => items?.has(Number(key)) ?? false
  }
  const members = secretBySiblings(value, redaction.isSecret)
  return (key) => redaction.isSecret(key) || (members?.has(key) ?? false)
}

function isNothing(value: unknown): boolean {
  if (Array.isArray(value)) return value.length === 2 && isNothing(value[1])
  return value === undefined || value === null || value === '' || value === REDACTED
}
