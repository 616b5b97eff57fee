import type { Place } from './rows.ts'
import { levelOf, RULES, type RuleName } from './rules.ts'

/** A rule that does not hold, and where. */
export interface Problem {
  readonly rule: RuleName
  readonly level: 'red' | 'amber'
  readonly recordId?: string | undefined
  readonly stream?: string | undefined
  readonly sequence?: number | undefined
  readonly sealer?: string | undefined
  readonly seal?: number | undefined
  readonly leaf?: number | undefined
  /** When the database took it, RFC 3339. */
  readonly recordedAt?: string | undefined
  readonly message: string
  readonly advice: string
}

/** A problem as a check finds it. */
export interface Finding extends Omit<Problem, 'level' | 'advice' | 'recordedAt'> {
  /** Unix microseconds; of what is not there that of its neighbour. */
  readonly recordedAt?: bigint | undefined
  /** The place of the next record that is there, where a number of a stream is not. */
  readonly near?: Place | undefined
}

/** How many problems of one rule are listed; the others are counted. */
export const LISTED_PER_RULE = 20

/** The findings of a run: the first of each rule, and the number of all. */
export class Findings {
  readonly counts = new Map<RuleName, number>()
  readonly #listed = new Map<RuleName, Finding[]>()

  add(finding: Finding): void {
    this.count(finding.rule)
    const listed = this.#listed.get(finding.rule) ?? []
    this.#listed.set(finding.rule, listed)
    listed.push(finding)
    // Sorted and cut only now and then: a trail that was rewritten gives one for every record.
    if (listed.length >= 8 * LISTED_PER_RULE) {
      listed.sort(compareFindings).splice(LISTED_PER_RULE)
    }
  }

  /** Counts a finding of which nothing else is kept. */
  count(rule: RuleName, times = 1): void {
    this.counts.set(rule, (this.counts.get(rule) ?? 0) + times)
  }

  /** How many findings of each rule are not among these. */
  unlisted(listed: readonly Finding[]): (readonly [RuleName, number])[] {
    return [...this.counts]
      .map(
        ([rule, count]) =>
          [rule, count - listed.filter((each) => each.rule === rule).length] as const,
      )
      .filter(([, count]) => count > 0)
  }

  /** Adds what others have found and listed. */
  addAll(findings: Iterable<Finding>): void {
    for (const finding of findings) this.add(finding)
  }

  has(level: 'red' | 'amber'): boolean {
    return [...this.counts.keys()].some((rule) => levelOf(rule) === level)
  }

  /** The first ones of each rule, all rules together in the order of their places. */
  listed(): Finding[] {
    return [...this.#listed.values()]
      .flatMap((listed) => listed.sort(compareFindings).slice(0, LISTED_PER_RULE))
      .sort(compareFindings)
  }
}

/** A finding as it is told. */
export function toProblem(finding: Finding): Problem {
  const { recordedAt, near, ...told } = finding
  void near
  return {
    ...told,
    level: levelOf(finding.rule),
    ...(recordedAt !== undefined && { recordedAt: toTimeText(recordedAt) }),
    advice: RULES[finding.rule],
  }
}

/** Unix microseconds in RFC 3339. */
export function toTimeText(micros: bigint): string {
  const date = new Date(Number(micros / 1000n))
  if (Number.isNaN(date.getTime())) return `${micros} microseconds`
  return date.toISOString().replace('Z', `${(micros % 1000n).toString().padStart(3, '0')}Z`)
}

/**
 * Orders findings by time, then by place, then by rule. Those without a time come last: they are about no place in the database.
 */
export function compareFindings(a: Finding, b: Finding): number {
  if (a.recordedAt !== b.recordedAt) {
    if (a.recordedAt === undefined) return 1
    if (b.recordedAt === undefined) return -1
    return a.recordedAt < b.recordedAt ? -1 : 1
  }
  return (
    // What is missing at no known place comes after what is there to be seen.
    Number(a.seal === undefined) - Number(b.seal === undefined) ||
    compareTexts(a.sealer, b.sealer) ||
    (a.seal ?? -1) - (b.seal ?? -1) ||
    (a.leaf ?? -1) - (b.leaf ?? -1) ||
    RULE_ORDER.indexOf(a.rule) - RULE_ORDER.indexOf(b.rule) ||
    compareTexts(a.stream, b.stream) ||
    (a.sequence ?? 0) - (b.sequence ?? 0)
  )
}

const RULE_ORDER = Object.keys(RULES) as RuleName[]

function compareTexts(a = '', b = ''): number {
  return a < b ? -1 : a > b ? 1 : 0
}
