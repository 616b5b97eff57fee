import { type Finding, Findings, type Problem, toProblem } from './problems.ts'
import type { RuleName } from './rules.ts'

/** What a verification came to. */
export interface Verdict {
  /** `green`: everything up to the newest checkpoints holds. `amber`: nothing is broken, and something is not proved. `red`: a rule is broken. */
  readonly verdict: 'green' | 'amber' | 'red'
  readonly records: number
  readonly seals: number
  readonly sealers: number
  readonly streams: number
  readonly checkpoints: number
  /** What is younger than the newest checkpoints, and numbers of streams that may still come. */
  readonly pending: {
    readonly seals: number
    readonly records: number
    readonly inFlight: number
  }
  /** The first of each rule; {@link counts} has all. */
  readonly problems: readonly Problem[]
  readonly counts: Partial<Record<RuleName, number>>
  /** The first bad record; of no problem when the verdict is not red. */
  readonly first: Problem | null
}

/** The exit code of a verdict. */
export function exitCodeOf({ verdict }: Verdict): 0 | 1 | 2 {
  return verdict === 'green' ? 0 : verdict === 'amber' ? 1 : 2
}

/** Sums findings up. */
export function toVerdict(
  findings: Findings,
  figures: Omit<Verdict, 'verdict' | 'problems' | 'counts' | 'first'>,
): Verdict {
  const listed = nameMissing(findings.listed())
  return {
    verdict: findings.has('red') ? 'red' : findings.has('amber') ? 'amber' : 'green',
    ...figures,
    problems: listed.map(toProblem),
    counts: Object.fromEntries(findings.counts),
    first: firstBad(listed),
  }
}

/** The first red one that names a row or a leaf; a stretch of a log is named only when there is nothing closer. */
function firstBad(listed: readonly Finding[]): Problem | null {
  const red = listed.map(toProblem).filter(({ level }) => level === 'red')
  const named = red.find((each) => each.recordId !== undefined || each.leaf !== undefined)
  return named ?? red[0] ?? null
}

/**
 * Gives a leaf without its row the stream and number that are missing between the records around it, when there is one such gap.
 */
function nameMissing(listed: readonly Finding[]): readonly Finding[] {
  const gaps = listed.filter(
    (each) => each.rule === 'stream-gap' && each.sealer !== undefined && each.leaf !== undefined,
  )
  const missing = listed.filter((each) => each.rule === 'leaf-missing')
  return listed.map((finding) => {
    if (finding.rule !== 'leaf-missing') return finding
    // The gap is told at the place of the record after it, which was sealed in the same seal or soon after.
    const near = gaps.filter(
      (gap) =>
        gap.sealer === finding.sealer &&
        (gap.seal! > finding.seal! || (gap.seal === finding.seal && gap.leaf! > finding.leaf!)),
    )
    const sole = near.length === 1 || (gaps.length === 1 && missing.length === 1)
    const gap = near[0] ?? gaps[0]
    return sole && gap ? { ...finding, stream: gap.stream, sequence: gap.sequence } : finding
  })
}
