import type { CheckSet } from './checks.ts'
import { EMPTY_ROOT } from './merkle.ts'
import type { Finding } from './problems.ts'
import { type BrokenLink, type Elsewhere, type RangeResult, toBrokenLink } from './range-result.ts'
import { type RunEnd, type StreamRun, StreamRuns } from './stream-runs.ts'
import type { TrailEvent } from './trail-events.ts'
import type { KnownRun } from './verified-state.ts'

/** A record may come this long after its successor: several requests are on their way at a time, and each is repeated. */
const GAP_GRACE_MICROS = 300_000_000n

/** How many broken links are kept to find out which of two records is the bad one. */
const MAX_BROKEN_LINKS = 10_000

const FIRST_PREVIOUS = EMPTY_ROOT.toString('hex')

/** What else a number of a stream can be than a row of `audit.records`. */
interface Explanation {
  readonly kind: 'parked' | Elsewhere['kind']
  readonly hash: string | null
}

/** Numbers of a stream that are not there. */
export interface Gap {
  readonly stream: string
  readonly first: number
  readonly last: number
  /** The runs around it. */
  readonly before: StreamRun | undefined
  readonly after: StreamRun | undefined
}

/** Puts the streams of all ranges together and checks them as wholes. */
export class StreamChecks {
  readonly #checks: CheckSet
  readonly #now: bigint
  readonly #find: (finding: Finding) => void
  readonly #runs: StreamRuns
  readonly #brokenLinks: BrokenLink[] = []
  readonly #ends = new Map<string, { readonly last: number; readonly torn: boolean }>()
  readonly #explanations = new Map<string, Map<number, Explanation>>()
  #inner: readonly Gap[] | undefined
  /** Numbers that are missing and may still come. */
  inFlight = 0

  constructor(checks: CheckSet, now: bigint, find: (finding: Finding) => void) {
    this.#checks = checks
    this.#now = now
    this.#find = find
    this.#runs = new StreamRuns({
      fork: (stream, sequence, _there, added) => {
        if (!checks.has('stream-fork')) return
        find({
          rule: 'stream-fork',
          ...locate(added.start),
          stream,
          sequence,
          message: `number ${sequence} of the stream is there twice`,
        })
      },
      broken: (before, after) => this.#addBrokenLink(toBrokenLink(before, after)),
    })
  }

  get streams(): number {
    return this.#runs.count
  }

  /** @param isSeenBefore - of what is read once more to explain something else */
  add(
    result: Pick<RangeResult, 'runs' | 'brokenLinks' | 'events' | 'elsewhere'>,
    isSeenBefore = false,
  ): void {
    for (const run of result.runs) this.#runs.add(run, isSeenBefore)
    for (const link of result.brokenLinks) this.#addBrokenLink(link)
    for (const event of result.events) this.#addEvent(event)
    for (const { stream, sequence, kind, hash } of result.elsewhere) {
      this.#explain(stream, sequence, { kind, hash })
    }
  }

  /** Adds numbers whose records are not read: retained, or verified before. */
  addKnown(run: KnownRun): void {
    this.#runs.add({ ...run, start: null, end: null })
  }

  *runs(): Generator<StreamRun> {
    for (const [, runs] of this.#runs.streams()) yield* runs
  }

  /**
   * Of a part: the gaps between its own records, which are the only ones that count from then on. What is added later may
   * fill them or explain them; it opens no new ones.
   */
  takeInnerGaps(): readonly Gap[] {
    // What comes before the first record of a part is not missing; what was announced to come after the last one is.
    this.#inner = [...this.#gaps()].filter(({ before }) => before)
    return this.#inner
  }

  /** Numbers that are not there, without those that nobody has announced. */
  *#gaps(): Generator<Gap> {
    for (const [stream, runs] of this.#runs.streams()) {
      let before: StreamRun | undefined
      for (const run of runs) {
        const first = (before?.last ?? 0) + 1
        if (first < run.first) yield { stream, first, last: run.first - 1, before, after: run }
        before = run
      }
      const end = this.#ends.get(stream)
      if (end && before && end.last > before.last) {
        yield { stream, first: before.last + 1, last: end.last, before, after: undefined }
      }
    }
    for (const [stream, { last }] of this.#ends) {
      if (this.#runs.runsOf(stream).length > 0 || last === 0) continue
      yield { stream, first: 1, last, before: undefined, after: undefined }
    }
  }

  /**
   * To be called once, when everything was added.
   *
   * @param isSuspect - whether a record lies where its sealer's log does not fit
   */
  end(isSuspect: (end: RunEnd) => boolean): void {
    this.#checkStarts()
    this.#blameLinks(isSuspect)
    for (const gap of this.#gaps()) {
      for (const part of this.#inner ? partsWithin(gap, this.#inner) : [gap]) this.#checkGap(part)
    }
  }

  #checkStarts(): void {
    if (!this.#checks.has('stream-start')) return
    for (const [stream, [run]] of this.#runs.streams()) {
      if (run?.first !== 1 || run.firstPrevious === null) continue
      if (run.firstPrevious === FIRST_PREVIOUS) continue
      this.#find({
        rule: 'stream-link',
        ...locate(run.start),
        stream,
        sequence: 1,
        message: 'the first record of the stream names one before it',
      })
    }
  }

  #checkGap(gap: Gap): void {
    const { stream, first, last } = gap
    const explanations = this.#explanations.get(stream)
    // Whole stretches at a time: a stream may announce an end that is far away.
    const known = [...(explanations?.keys() ?? [])]
      .filter((sequence) => sequence >= first && sequence <= last)
      .toSorted((a, b) => a - b)
    let from = first
    for (const sequence of [...known, last + 1]) {
      if (from < sequence) this.#checkUnexplained(gap, { first: from, last: sequence - 1 })
      if (sequence <= last) this.#checkExplained(gap, sequence, explanations!.get(sequence)!)
      from = sequence + 1
    }
  }

  #checkExplained(gap: Gap, sequence: number, { kind, hash }: Explanation): void {
    const next = gap.after?.first === sequence + 1 ? gap.after.firstPrevious : undefined
    if (next && hash && next !== hash) {
      this.#checkUnexplained(gap, { first: sequence, last: sequence })
      return
    }
    // Not missing: its evidence is there, sealed and linked; only the id that it came under was taken.
    if (kind === 'conflicting') return
    const where = {
      parked: 'was parked by its producer',
      quarantined: 'is in audit.quarantine',
    }
    this.#find({
      rule: 'gap-explained',
      ...beside(gap),
      stream: gap.stream,
      sequence,
      message: `number ${sequence} of the stream ${where[kind]}`,
    })
  }

  #checkUnexplained(gap: Gap, { first, last }: { first: number; last: number }): void {
    const { stream, before, after } = gap
    const numbers = first === last ? `number ${first}` : `numbers ${first} to ${last}`
    const place = { ...beside(gap), stream }
    const youngest = after?.start ?? before?.end
    if (youngest && youngest.recordedAt > this.#now - GAP_GRACE_MICROS) {
      this.inFlight += last - first + 1
      return
    }
    if (this.#ends.get(stream)?.torn) {
      this.#find({
        rule: 'gap-explained',
        ...place,
        sequence: first,
        message: `${numbers} of the stream: its end was unclean, and its spool had bytes that could not be read`,
      })
      return
    }
    if (!this.#checks.has(after ? 'stream-gap' : 'stream-end')) return
    const neighbours = [
      before?.end && `after record ${before.end.recordId}`,
      after?.start && `before record ${after.start.recordId}`,
    ].filter((text) => text !== undefined && text !== null && text !== '')
    this.#find({
      rule: 'stream-gap',
      ...place,
      sequence: first,
      message: `${numbers} of the stream ${first === last ? 'is' : 'are'} missing${neighbours.length > 0 ? `, ${neighbours.join(' and ')}` : ''}`,
    })
  }

  /**
   * A link that does not hold tells that one of two records was replaced. It is the one that both of its links accuse, else
   * the one whose seal does not fit the checkpoints, else the earlier one.
   */
  #blameLinks(isSuspect: (end: RunEnd) => boolean): void {
    const links = this.#brokenLinks.toSorted(
      (a, b) => (a.stream < b.stream ? -1 : a.stream > b.stream ? 1 : 0) || a.sequence - b.sequence,
    )
    for (let at = 0; at < links.length; at += 1) {
      const link = links[at]!
      const next = links[at + 1]
      const isBoth = next?.stream === link.stream && next.sequence === link.sequence + 1
      if (isBoth) at += 1
      const isLater =
        isBoth ||
        link.before === null ||
        (link.after !== null && isSuspect(link.after) && !isSuspect(link.before))
      const sequence = isLater ? link.sequence : link.sequence - 1
      this.#find({
        rule: 'stream-link',
        ...locate(isLater ? link.after : link.before),
        stream: link.stream,
        sequence,
        message: isBoth
          ? `number ${sequence} of the stream fits neither the one before it nor the one after it`
          : `number ${link.sequence} of the stream names another record before it than number ${link.sequence - 1}`,
      })
    }
  }

  #addBrokenLink(link: BrokenLink): void {
    if (!this.#checks.has('stream-link')) return
    if (this.#brokenLinks.length < MAX_BROKEN_LINKS) this.#brokenLinks.push(link)
  }

  #addEvent(event: TrailEvent): void {
    if (event.kind === 'parked') {
      this.#explain(event.stream, event.sequence, { kind: 'parked', hash: event.hash })
    }
    if (event.kind !== 'end') return
    const known = this.#ends.get(event.stream)
    this.#ends.set(event.stream, {
      last: Math.max(event.last, known?.last ?? 0),
      torn: event.torn || known?.torn === true,
    })
  }

  #explain(stream: string, sequence: number, explanation: Explanation): void {
    const ofStream = this.#explanations.get(stream) ?? new Map<number, Explanation>()
    this.#explanations.set(stream, ofStream)
    ofStream.set(sequence, explanation)
  }
}

/** What of a gap lies in earlier ones. */
function partsWithin(gap: Gap, earlier: readonly Gap[]): Gap[] {
  return earlier
    .filter(
      ({ stream, first, last }) => stream === gap.stream && first <= gap.last && last >= gap.first,
    )
    .map(({ first, last }) => ({
      ...gap,
      first: Math.max(first, gap.first),
      last: Math.min(last, gap.last),
    }))
}

/** Where something is missing: only its neighbour can tell. */
function beside({ before, after }: Gap): Pick<Finding, 'recordedAt' | 'near'> {
  const neighbour = after?.start ?? before?.end
  return neighbour ? { recordedAt: neighbour.recordedAt, near: neighbour.place } : {}
}

function locate(
  end: RunEnd | null,
): Pick<Finding, 'recordId' | 'sealer' | 'seal' | 'leaf' | 'recordedAt'> {
  return end ? { recordId: end.recordId, ...end.place, recordedAt: end.recordedAt } : {}
}
