import type { Redaction } from '../core/redaction.ts'
import { sharedByCopies } from '../core/shared-by-copies.ts'
import { toCheckResult, toFailure } from './check-result.ts'
import type { CheckReport } from './health-report.ts'

/** One check, for answers and metrics. */
export interface ShownCheck {
  readonly name: string
  readonly probes: readonly string[]
  /** How long the newest run took; nothing before it. */
  readonly seconds: number | undefined
  report(): CheckReport
}

/** The checks of one copy of the package. */
export interface ChecksOfCopy {
  all(): Iterable<ShownCheck>
}

/** What the copies of the package in this process know of each other's health checks. */
export interface HealthOfCopies {
  /** Those that have checks. */
  readonly copies: Set<ChecksOfCopy>
  /** What the one that was started knows of the process. */
  version?: string | undefined
  isDraining?: () => boolean
}

/** As checks and jobs are called. */
const NAME = /^[A-Za-z][\w.-]{0,99}$/

/** That of this process. */
export function healthOfCopies(): HealthOfCopies {
  return sharedByCopies('health', 1, () => ({ copies: new Set<ChecksOfCopy>() }))
}

/**
 * The checks of other copies. What they say is taken as what a check of the application's answers: they may be of another version,
 * and know less of what is secret.
 */
export function* checksOfOthers(
  { copies }: HealthOfCopies,
  own: ChecksOfCopy,
  redaction: Redaction,
): Iterable<ShownCheck> {
  for (const copy of copies) {
    if (copy === own) continue
    for (const check of readAll(copy)) {
      if (!isCheck(check)) continue
      const { name, probes, seconds } = check
      yield {
        name,
        probes,
        seconds: typeof seconds === 'number' ? seconds : undefined,
        report: () => readReport(check, redaction),
      }
    }
  }
}

function readAll(copy: Partial<ChecksOfCopy> | null): unknown[] {
  try {
    return [...(copy?.all?.() ?? [])]
  } catch {
    // Their answer would be about a part that this copy does not know.
    return []
  }
}

function isCheck(check: unknown): check is ShownCheck {
  if (typeof check !== 'object' || check === null) return false
  const { name, probes, report } = check as Partial<ShownCheck>
  return NAME.test(String(name)) && Array.isArray(probes) && typeof report === 'function'
}

function readReport(check: ShownCheck, redaction: Redaction): CheckReport {
  try {
    const { status, message, figures, ageSeconds } = check.report()
    if (status === 'starting') return { status, figures: {} }
    const result = toCheckResult({ ...figures, status: status ?? null, message }, redaction)
    return typeof ageSeconds === 'number' ? { ...result, ageSeconds } : result
  } catch (error) {
    return toFailure(error, redaction)
  }
}
