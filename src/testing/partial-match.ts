import { isRegExp } from '../core/value-kinds.ts'

/** What a value must be: the same, a part of it, a pattern for a text, or whatever an asymmetric matcher accepts. */
export function matches(actual: unknown, expected: unknown): boolean {
  if (isAsymmetric(expected)) return expected.asymmetricMatch(actual)
  // search() begins at the beginning, also with a pattern that remembers where it was.
  if (isRegExp(expected)) return typeof actual === 'string' && actual.search(expected) !== -1
  if (Array.isArray(expected)) {
    return (
      Array.isArray(actual) &&
      actual.length === expected.length &&
      expected.every((item, index) => matches(actual[index], item))
    )
  }
  if (typeof expected !== 'object' || expected === null) return Object.is(actual, expected)
  if (typeof actual !== 'object' || actual === null) return false
  return differences(actual, expected).length === 0
}

/** The paths at which `actual` is not what is expected, each with both. */
export function differences(actual: object, expected: object, path = ''): string[] {
  return Object.entries(expected).flatMap(([key, wanted]): string[] => {
    const at = path === '' ? key : `${path}.${key}`
    const found = (actual as Readonly<Record<string, unknown>>)[key]
    if (matches(found, wanted)) return []
    if (isRecord(found) && isRecord(wanted)) return differences(found, wanted, at)
    return [`${at} is ${show(found)}, not ${show(wanted)}`]
  })
}

/** A value in a message; what is long is cut. */
export function show(value: unknown): string {
  if (value === undefined) return 'missing'
  if (isRegExp(value)) return String(value)
  if (typeof value === 'bigint') return `${value}n`
  if (isAsymmetric(value)) return showAsymmetric(value)
  try {
    const text = JSON.stringify(value, (_key, part: unknown) =>
      isRegExp(part) ? String(part) : typeof part === 'bigint' ? `${part}n` : part,
    )
    return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text
  } catch {
    return typeof value
  }
}

const LONGEST = 300

/** vitest's matchers tell their name by toString(), and what they were given as `sample`; some tell all by themselves. */
function showAsymmetric(matcher: Asymmetric): string {
  if (matcher.toAsymmetricMatcher) return matcher.toAsymmetricMatcher()
  if (matcher.toString === Object.prototype.toString) return 'what the matcher accepts'
  return `${matcher.toString()} ${show(matcher.sample)}`
}

interface Asymmetric {
  readonly sample?: unknown
  toString(): string
  asymmetricMatch(actual: unknown): boolean
  toAsymmetricMatcher?(): string
}

/** Whether a value is a matcher of the test runner, such as `expect.any(String)`. */
export function isAsymmetric(value: unknown): value is Asymmetric {
  return typeof (value as Partial<Asymmetric> | null | undefined)?.asymmetricMatch === 'function'
}

function isRecord(value: unknown): value is object {
  const isPlain = typeof value === 'object' && value !== null && !Array.isArray(value)
  return isPlain && !isRegExp(value) && !isAsymmetric(value)
}
