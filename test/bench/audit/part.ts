import type { Figure } from '../support/benchmark.ts'
import type { TrailDatabase } from './large-trail.ts'

/** What the parts of one run share. */
export interface AuditRun {
  /** The largest trail: filled when it is asked for first, and the same one from then on. */
  largeTrail(): Promise<TrailDatabase>
}

/** One part of the audit benchmark: a figure and what it is held against, measured in turns. */
export type AuditPart = (
  progress: (line: string) => void,
  run: AuditRun,
) => Promise<{ readonly figures: readonly Figure[]; readonly notes: readonly string[] }>
