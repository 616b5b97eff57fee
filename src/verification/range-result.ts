import type { Finding } from './problems.ts'
import type { Place } from './rows.ts'
import type { RuleName } from './rules.ts'
import type { RunEnd, StreamRun } from './stream-runs.ts'
import type { TrailEvent } from './trail-events.ts'

/** Two neighbours of a stream whose link does not hold. */
export interface BrokenLink {
  readonly stream: string
  /** Number of the later one. */
  readonly sequence: number
  /** Nothing when the record is retained. */
  readonly before: RunEnd | null
  readonly after: RunEnd | null
}

/** A record that is kept elsewhere than in `audit.records`. */
export interface Elsewhere {
  readonly kind: 'quarantined' | 'conflicting'
  readonly stream: string
  readonly sequence: number
  readonly hash: string | null
}

/** A record whose annex is not there. */
export interface MissingAnnex {
  readonly recordId: string
  readonly place: Place
  readonly recordedAt: bigint
}

/** What was found in a range of seals; plain data, so that a thread can hand it over. */
export interface RangeResult {
  readonly records: number
  readonly seals: number
  readonly leaves: number
  readonly findings: readonly Finding[]
  /** How many more findings there are than listed. */
  readonly unlisted: readonly (readonly [RuleName, number])[]
  readonly runs: readonly StreamRun[]
  readonly brokenLinks: readonly BrokenLink[]
  readonly events: readonly TrailEvent[]
  readonly elsewhere: readonly Elsewhere[]
  readonly missingAnnexes: readonly MissingAnnex[]
  /** Partitions by which leaves are accounted for, each with the first place where it was. */
  readonly retained: readonly RetainedUse[]
}

/** A retained partition, and a leaf that it accounts for. */
export interface RetainedUse {
  readonly partition: string
  readonly place: Place
  readonly recordedAt: bigint
}

/** The two records at a seam that does not hold. */
export function toBrokenLink(before: StreamRun, after: StreamRun): BrokenLink {
  return { stream: after.stream, sequence: after.first, before: before.end, after: after.start }
}
