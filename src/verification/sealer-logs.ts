import type { Checkpoints } from './checkpoint-checks.ts'
import { CHECKS, type CheckName, type CheckSet } from './checks.ts'
import type { Checkpoint } from './checkpoint.ts'
import { GrowingTree } from './merkle.ts'
import type { Finding } from './problems.ts'
import type { SealHeader } from './rows.ts'
import { leafOfSeal } from './seal.ts'

/** Interval of a sealer that has not signed any checkpoint yet. */
const DEFAULT_INTERVAL_SECONDS = 5

/** A number that is not there may still be on its way for this long: seals of one sealer are committed by several connections. */
const HOLE_GRACE_MICROS = 60_000_000n

/** How far the database's clock may have been set back since a seal was written. */
const CLOCK_GRACE_MICROS = 60_000_000n

/** Seals of one sealer in which something does not fit the checkpoints. */
export interface BadStretch {
  readonly from: number
  /** The last one; what comes after it cannot be told. */
  readonly to: number
}

/**
 * Checks the seals of each sealer, as they come in their order, against its checkpoints.
 *
 * It holds one tree's subtree roots at a time, however long the logs are.
 */
export class SealerLogs {
  readonly #checkpoints: Checkpoints
  readonly #checks: CheckSet
  readonly #find: (finding: Finding) => void
  readonly #now: bigint
  readonly #interval: number
  readonly #bad = new Map<string, BadStretch>()
  readonly #seen = new Set<string>()
  #log: OpenLog | undefined
  #seals = 0
  #pendingSeals = 0
  #pendingLeaves = 0
  #oldestUnattested: SealHeader | undefined
  #firstAhead: SealHeader | undefined

  constructor(
    checkpoints: Checkpoints,
    checks: CheckSet,
    now: bigint,
    find: (finding: Finding) => void,
  ) {
    this.#checkpoints = checkpoints
    this.#checks = checks
    this.#now = now
    this.#find = find
    const intervals = [...checkpoints.values()].flat().map((each) => each.intervalSeconds)
    this.#interval = intervals.reduce((a, b) => Math.max(a, b), 0) || DEFAULT_INTERVAL_SECONDS
  }

  get seals(): number {
    return this.#seals
  }

  get sealers(): number {
    return this.#seen.size
  }

  /** What lies beyond the newest checkpoints. */
  get pending(): { readonly seals: number; readonly records: number } {
    return { seals: this.#pendingSeals, records: this.#pendingLeaves }
  }

  /** Up to which seal the newest checkpoint of a sealer reaches. */
  attestedSize(sealer: string): number {
    return this.#checkpoints.get(sealer)?.at(-1)?.size ?? 0
  }

  /** Whether a seal lies where its log does not fit the checkpoints. */
  isSuspect(sealer: string, seal: number): boolean {
    const stretch = this.#bad.get(sealer)
    return stretch !== undefined && seal >= stretch.from && seal <= stretch.to
  }

  add(header: SealHeader): void {
    this.#seals += 1
    const log = this.#log?.sealer === header.sealer ? this.#log : this.#open(header.sealer)
    this.#checkRoots(log)
    log.firstUnchecked ??= header
    this.#checkNumber(log, header)
    if (log.isWhole) log.tree.add(leafOfSeal(header))
    this.#checkTail(log, header)
  }

  #open(sealer: string): OpenLog {
    this.#finish()
    this.#seen.add(sealer)
    const log: OpenLog = {
      sealer,
      tree: new GrowingTree(),
      checkpoints: this.#checkpoints.get(sealer) ?? [],
      isWhole: true,
      expected: 0,
      lastTime: undefined,
      next: 0,
      goodSize: 0,
      firstUnchecked: undefined,
    }
    this.#log = log
    return log
  }

  /** To be called after the last seal. */
  end(): void {
    this.#finish()
    for (const [sealer, checkpoints] of this.#checkpoints) {
      if (this.#seen.has(sealer)) continue
      this.#sayShort(sealer, checkpoints.at(-1)!, 0)
    }
    const [oldest, ahead] = [this.#oldestUnattested, this.#firstAhead]
    if (ahead && this.#checkpoints.size > 0) {
      this.#find({
        rule: 'tail-unattested',
        sealer: ahead.sealer,
        seal: ahead.seal,
        recordedAt: ahead.recordedAt,
        message: `no checkpoint covers seal ${ahead.seal}, and the time at which it says it was written has not come yet`,
      })
    }
    if (oldest && this.#checkpoints.size > 0) {
      this.#find({
        rule: 'tail-unattested',
        sealer: oldest.sealer,
        seal: oldest.seal,
        recordedAt: oldest.recordedAt,
        message: `no checkpoint covers seal ${oldest.seal}, which is older than two intervals of ${this.#interval} s; ${this.#pendingSeals} seals of all sealers lie beyond the newest checkpoints`,
      })
    }
  }

  /**
   * Whether a seal says that it was written later than now. A Collector writes the database's own time, so nothing that it wrote
   * does; and what counts as young for ever would be pending for ever.
   */
  #isAhead(header: SealHeader): boolean {
    return header.recordedAt > this.#now + CLOCK_GRACE_MICROS
  }

  #checkNumber(log: OpenLog, header: SealHeader): void {
    const { expected, lastTime: before } = log
    log.expected = header.seal + 1
    log.lastTime = header.recordedAt
    if (header.seal === expected) return
    log.isWhole = false
    const isInFlight =
      expected >= this.attestedSize(header.sealer) &&
      header.recordedAt > this.#now - HOLE_GRACE_MICROS &&
      !this.#isAhead(header)
    if (isInFlight) return
    const missing = header.seal - expected
    this.#say('seal-numbers', {
      sealer: header.sealer,
      seal: expected,
      recordedAt: before ?? header.recordedAt,
      message: `${missing === 1 ? `seal ${expected} is` : `seals ${expected} to ${header.seal - 1} are`} not there`,
    })
  }

  /** Compares the roots at all checkpoints of the size that the tree has now. */
  #checkRoots(log: OpenLog): void {
    if (!log.isWhole) return
    for (;;) {
      const checkpoint = log.checkpoints[log.next]
      if (!checkpoint || checkpoint.size > log.tree.size) return
      log.next += 1
      // Behind the first one that does not fit, none can.
      if (checkpoint.size < log.tree.size || this.#bad.has(log.sealer)) continue
      if (log.tree.root().equals(checkpoint.root)) {
        log.goodSize = checkpoint.size
        log.firstUnchecked = undefined
        continue
      }
      this.#bad.set(log.sealer, { from: log.goodSize, to: checkpoint.size - 1 })
      this.#say('log', {
        sealer: log.sealer,
        seal: log.goodSize,
        recordedAt: log.firstUnchecked?.recordedAt,
        message: `the seals ${log.goodSize} to ${checkpoint.size - 1} are not those that the checkpoint of ${new Date(checkpoint.time).toISOString()} was signed for`,
      })
    }
  }

  #checkTail(log: OpenLog, header: SealHeader): void {
    const newest = log.checkpoints.at(-1)
    if (newest && header.seal < newest.size) return
    this.#pendingSeals += 1
    this.#pendingLeaves += header.leafCount
    const age = this.#now - header.recordedAt
    const isOlder = header.recordedAt < (this.#oldestUnattested?.recordedAt ?? this.#now)
    if (age > BigInt(Math.ceil(this.#interval * 2_000_000)) && isOlder) {
      this.#oldestUnattested = header
    }
    if (this.#isAhead(header)) this.#firstAhead ??= header
    if (newest?.state === 'closed' && header.seal === newest.size) {
      this.#say('log-closed', {
        sealer: header.sealer,
        seal: header.seal,
        recordedAt: header.recordedAt,
        message: `the log was closed with ${newest.size} seals, and seal ${header.seal} is there`,
      })
    }
  }

  #finish(): void {
    const log = this.#log
    if (!log) return
    this.#checkRoots(log)
    const newest = log.checkpoints.at(-1)
    if (newest && newest.size > log.tree.size) this.#sayShort(log.sealer, newest, log.tree.size)
    this.#log = undefined
  }

  #sayShort(sealer: string, newest: Checkpoint, size: number): void {
    if (newest.size === 0) return
    this.#bad.set(sealer, this.#bad.get(sealer) ?? { from: size, to: newest.size - 1 })
    this.#say('log-short', {
      sealer,
      seal: size,
      recordedAt: BigInt(newest.time) * 1000n,
      message: `the checkpoint of ${new Date(newest.time).toISOString()} was signed for ${newest.size} seals; without a gap there are ${size}`,
    })
  }

  #say(check: CheckName, finding: Omit<Finding, 'rule'>): void {
    if (this.#checks.has(check)) this.#find({ rule: CHECKS[check], ...finding })
  }
}

interface OpenLog {
  readonly sealer: string
  readonly tree: GrowingTree
  readonly checkpoints: readonly Checkpoint[]
  /** Whether the seals so far had no gap. */
  isWhole: boolean
  expected: number
  /** When the seal before was written. */
  lastTime: bigint | undefined
  /** Index of the first checkpoint that is not compared yet. */
  next: number
  /** Size at the newest checkpoint that fits. */
  goodSize: number
  /** The first seal beyond it. */
  firstUnchecked: SealHeader | undefined
}
