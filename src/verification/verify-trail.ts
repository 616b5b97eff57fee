import type { ReadCheckpoints } from './checkpoint-checks.ts'
import { CHECKS, type CheckName, type CheckSet } from './checks.ts'
import { planRanges, planWanted, RANGE_LEAVES } from './plan-ranges.ts'
import { type Finding, Findings, LISTED_PER_RULE } from './problems.ts'
import type { MissingAnnex, RangeResult, RetainedUse } from './range-result.ts'
import { type RangeRunner, runInOrder } from './range-runner.ts'
import {
  type ClosedRange,
  compareBounds,
  type SealBound,
  type SealHeader,
  type SealRange,
} from './rows.ts'
import { SealerLogs } from './sealer-logs.ts'
import type { TrailSource } from './source.ts'
import { StreamChecks } from './stream-checks.ts'
import type { StreamRun } from './stream-runs.ts'
import { toVerdict, type Verdict } from './verdict.ts'
import type { KnownRun } from './verified-state.ts'

/** How far a verification has come. */
export interface VerifyProgress {
  readonly records: number
  /** Nothing when it cannot be told. */
  readonly estimate: number | undefined
}

/** What to verify, and against what. */
export interface TrailCheck {
  readonly source: TrailSource
  readonly runner: RangeRunner
  /** Nothing when none were given. */
  readonly checkpoints: ReadCheckpoints | undefined
  readonly checks: CheckSet
  /** Takes what was found before: in the files of checkpoints. */
  readonly findings: Findings
  /** Only the seals of this time, Unix microseconds, both ends included. */
  readonly from?: bigint | undefined
  readonly to?: bigint | undefined
  /** Only seals that this takes; the others are held against the checkpoints and no more. */
  readonly isWanted?: ((header: SealHeader) => boolean) | undefined
  /** What was verified before in streams that go on. */
  readonly knownRuns?: readonly KnownRun[] | undefined
  /** Told how far the streams have come in the seals that were wanted. */
  readonly onStreams?: ((runs: Iterable<StreamRun>) => void) | undefined
  readonly rangeLeaves?: number | undefined
  readonly onProgress?: ((progress: VerifyProgress) => void) | undefined
}

/** Verifies a trail: one pass over its seals, one over its rows, then the streams as wholes. */
export async function verifyTrail(check: TrailCheck): Promise<Verdict> {
  return await new TrailVerification(check).run()
}

/** How many seals outside of a part are read to explain what is missing in it. */
const MAX_EXPLAINING_SEALS = 10_000

class TrailVerification {
  readonly #check: TrailCheck
  readonly #findings: Findings
  readonly #logs: SealerLogs
  readonly #streams: StreamChecks
  readonly #erased = new Set<string>()
  readonly #missingAnnexes: MissingAnnex[] = []
  readonly #retained = new Map<string, string>()
  readonly #retainedUses = new Map<string, RetainedUse>()
  readonly #announcedDigests = new Map<string, string>()
  /** Of a part: what was read. */
  readonly #read: ClosedRange[] = []
  #records = 0

  constructor(check: TrailCheck) {
    const { checks, checkpoints, source, findings } = check
    this.#check = check
    this.#findings = findings
    const find = (finding: Finding): void => findings.add(finding)
    this.#logs = new SealerLogs(checkpoints?.trusted ?? new Map(), checks, source.now, find)
    this.#streams = new StreamChecks(checks, source.now, find)
  }

  async run(): Promise<Verdict> {
    const { runner, checkpoints } = this.#check
    await this.#readRetained()
    for (const run of this.#check.knownRuns ?? []) this.#streams.addKnown(run)
    for await (const result of runInOrder(runner, this.#ranges())) this.#take(result)
    this.#logs.end()
    this.#check.onStreams?.(this.#streams.runs())
    if (this.#isPart()) await this.#readAround()
    this.#streams.end((end) => this.#logs.isSuspect(end.place.sealer, end.place.seal))
    this.#checkAnnexes()
    await this.#checkOrphans()
    await this.#checkPlaces()
    await this.#checkViews()
    this.#checkRetained()
    // Folders that were emptied prove no more than folders that were not given.
    if (!checkpoints || checkpoints.count === 0) {
      const what = checkpoints
        ? 'there is no checkpoint in what was given'
        : 'no checkpoints were given'
      this.#findings.add({
        rule: 'checkpoints-missing',
        message: `${what}: nothing outside of the database was compared`,
      })
    }
    return toVerdict(this.#findings, {
      records: this.#records,
      seals: this.#logs.seals,
      sealers: this.#logs.sealers,
      streams: this.#streams.streams,
      checkpoints: checkpoints?.count ?? 0,
      pending: { ...this.#logs.pending, inFlight: this.#streams.inFlight },
    })
  }

  #isPart(): boolean {
    const { from, to, isWanted } = this.#check
    return from !== undefined || to !== undefined || isWanted !== undefined
  }

  #ranges(): AsyncIterable<SealRange> {
    const { source, rangeLeaves = RANGE_LEAVES } = this.#check
    const onHeader = (header: SealHeader): void => this.#logs.add(header)
    return this.#isPart()
      ? this.#remember(
          planWanted(source.sealHeaders(), onHeader, (header) => this.#wants(header), rangeLeaves),
        )
      : planRanges(source.sealHeaders(), onHeader, rangeLeaves)
  }

  async *#remember(ranges: AsyncIterable<ClosedRange>): AsyncGenerator<ClosedRange> {
    for await (const range of ranges) {
      this.#read.push(range)
      yield range
    }
  }

  #wants(header: SealHeader): boolean {
    const { from, to, isWanted } = this.#check
    return (
      (from === undefined || header.recordedAt >= from) &&
      (to === undefined || header.recordedAt <= to) &&
      (isWanted?.(header) ?? true)
    )
  }

  #take(result: RangeResult, isSeenBefore = false): void {
    const { onProgress, source } = this.#check
    this.#records += result.records
    this.#findings.addAll(result.findings)
    for (const [rule, count] of result.unlisted) this.#findings.count(rule, count)
    this.#streams.add(result, isSeenBefore)
    this.#missingAnnexes.push(...result.missingAnnexes)
    for (const use of result.retained) {
      if (!this.#retainedUses.has(use.partition)) this.#retainedUses.set(use.partition, use)
    }
    for (const event of result.events) {
      if (event.kind === 'erased') this.#erased.add(event.recordId)
      if (event.kind === 'retained') this.#announcedDigests.set(event.partition, event.digest)
    }
    const { records } = source.estimate
    onProgress?.({
      records: this.#records,
      estimate: this.#isPart() || records < this.#records ? undefined : records,
    })
  }

  async #readRetained(): Promise<void> {
    const { source } = this.#check
    for (const { partition, digest } of await source.retainedPartitions()) {
      this.#retained.set(partition, digest)
    }
    for await (const run of source.retainedStreams()) {
      if (!this.#isPart()) this.#streams.addKnown(run)
    }
  }

  /** Of a part: reads what lies outside of it and fills its gaps or explains them, and checks that as well. */
  async #readAround(): Promise<void> {
    const { source, runner } = this.#check
    const inner = this.#streams.takeInnerGaps()
    const needsEvents = inner.length > 0 || this.#hasUnerased() || this.#retainedUses.size > 0
    if (!needsEvents) return
    const seals = [
      ...(await source.sealsOfNumbers(inner.slice(0, MAX_EXPLAINING_SEALS))),
      ...(await source.explainingSeals()),
    ]
    const ranges = distinct(seals)
      .filter((bound) => !this.#read.some((range) => holds(range, bound)))
      .slice(0, MAX_EXPLAINING_SEALS)
      .map((bound) => ({ after: { ...bound, seal: bound.seal - 1 }, upTo: bound }))
    for await (const result of runInOrder(runner, ranges)) this.#take(result, true)
  }

  /** Annexes that are gone although nothing says that they were erased. */
  #hasUnerased(): boolean {
    return this.#missingAnnexes.some(({ recordId }) => !this.#erased.has(recordId))
  }

  #checkAnnexes(): void {
    for (const { recordId, place, recordedAt } of this.#missingAnnexes) {
      if (this.#erased.has(recordId)) continue
      this.#say('annex-missing', {
        recordId,
        ...place,
        recordedAt,
        message: 'the annex that the evidence names is gone, and no record says that it was erased',
      })
    }
  }

  async #checkOrphans(): Promise<void> {
    const { source, checks } = this.#check
    if (!checks.has('annex-orphan') || this.#isPart()) return
    for (const recordId of await source.orphanAnnexes(LISTED_PER_RULE)) {
      this.#say('annex-orphan', { recordId, message: 'the annex belongs to no record' })
    }
  }

  async #checkPlaces(): Promise<void> {
    const { source, checks } = this.#check
    if (!checks.has('row-place') || this.#isPart()) return
    for (const { table, recordId } of await source.rowsWithoutPlace(
      this.#records,
      LISTED_PER_RULE,
    )) {
      this.#say('row-place', { recordId, message: `a row of ${table} names no seal` })
    }
  }

  async #checkViews(): Promise<void> {
    for (const name of await this.#check.source.changedViews()) {
      this.#say('view', { message: `${name} is not as the migrations make it` })
    }
  }

  #checkRetained(): void {
    for (const { partition, place, recordedAt } of this.#retainedUses.values()) {
      const digest = this.#retained.get(partition)
      if (digest !== undefined && this.#announcedDigests.get(partition) === digest) continue
      this.#say('leaf-missing', {
        ...place,
        recordedAt,
        message: `the rows of partition ${partition} are gone, and no record of its retention has the digest of what audit.retained_leaves and audit.retained_streams say`,
      })
    }
  }

  #say(check: CheckName, finding: Omit<Finding, 'rule'>): void {
    if (this.#check.checks.has(check)) this.#findings.add({ rule: CHECKS[check], ...finding })
  }
}

function holds({ after, upTo }: ClosedRange, bound: SealBound): boolean {
  return compareBounds(after, bound) < 0 && compareBounds(bound, upTo) <= 0
}

function distinct(bounds: readonly SealBound[]): SealBound[] {
  return [...new Map(bounds.map((bound) => [`${bound.sealer} ${bound.seal}`, bound])).values()]
}
