import type { Field } from './field.ts'

/** Where a fault strikes. */
export const places = [
  'producer',
  'network',
  'collector',
  'postgres',
  'data',
  'neighbours',
] as const

/** One of {@link places}. */
export type Place = (typeof places)[number]

/** One fault of the campaign: under load it is injected as often as asked, then repaired. */
export interface Fault {
  readonly where: Place
  readonly name: string
  /** What is done, in one sentence; `npm run faults -- --list` prints it. */
  readonly about: string
  /** How often it is injected unless the command line says otherwise. */
  readonly rounds: number
  /**
   * How records are told apart. By `mark`, those in quarantine and among the conflicts count as well: faults about data
   * may end there, kept whole, and so not lost.
   *
   * Default `id`.
   */
  readonly countBy?: 'id' | 'mark'
  /** A stack of its own, with everything that it writes on a disk of this size. */
  readonly stackDiskMebibytes?: number
  /** Injects it `field.rounds` times and leaves the stack whole; counting comes afterwards. */
  readonly run: (field: Field) => Promise<void>
}

/**
 * What `telltale audit verify` said; or `unchecked`: it could not be asked; `not run`: this machine cannot have the
 * fault; `fell short`: the verifier found nothing, and the fault's own measure was missed.
 */
export type Verdict = 'green' | 'amber' | 'red' | 'unchecked' | 'not run' | 'fell short'

/** What came of one fault: a line of the table. */
export interface Outcome {
  readonly where: Place
  readonly fault: string
  readonly rounds: number
  /** Records of which the producer was told that they are safe. */
  readonly recorded: number
  /** How many of those the database has. */
  readonly stored: number
  readonly lost: number
  /** Ids, or places in a stream, that the database has more than once. */
  readonly doubled: number
  readonly verdict: Verdict
}

/** An outcome with what is said about it beside the contract. */
export interface Row extends Outcome {
  readonly seconds: number
  /** Why it falls short, and what was seen on the way. */
  readonly notes: readonly string[]
}

/** Nothing lost, nothing doubled, and green. */
export function isGood({ lost, doubled, verdict }: Outcome): boolean {
  return lost === 0 && doubled === 0 && verdict === 'green'
}
