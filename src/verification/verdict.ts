import { type Finding, Findings, type Problem, toProblem } from './problems.ts'
import { levelOf, type RuleName } from './rules.ts'

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

/** Rules that tell of a stretch of a log, or of no row at all. */
const IMPRECISE: ReadonlySet<RuleName> = new Set([
  'log',
  'checkpoint-signature',
  'checkpoint-chain',
  'checkpoint-witness',
])

/** The first red one; a stretch of a log only when nothing tells more closely what is wrong in it. */
function firstBad(listed: readonly Finding[]): Problem | null {
  const red = listed.filter(({ rule }) => levelOf(rule) === 'red')
  const first = red.find(({ rule }) => !IMPRECISE.has(rule)) ?? red[0]
  return first ? toProblem(first) : null
}

/** Gives a leaf without its row the stream and number that are missing just there, when there is one such gap. */
function nameMissing(listed: readonly Finding[]): readonly Finding[] {
  const gaps = listed.filter(({ rule, near }) => rule === 'stream-gap' && near)
  const missing = listed.filter(({ rule }) => rule === 'leaf-missing')
  return listed.map((finding) => {
    if (finding.rule !== 'leaf-missing') return finding
    // The record after the gap was sealed in the same seal, or in a later one.
    const after = gaps.filter(
      ({ near }) =>
        near!.sealer === finding.sealer &&
        (near!.seal > finding.seal! || (near!.seal === finding.seal && near!.leaf > finding.leaf!)),
    )
    const gap = after.length === 1 ? after[0] : gaps.length === 1 && missing.length === 1 && gaps[0]
    return gap ? { ...finding, stream: gap.stream, sequence: gap.sequence } : finding
  })
}
