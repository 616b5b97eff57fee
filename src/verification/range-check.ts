import { CHECKS, type CheckName, type CheckSet } from './checks.ts'
import { HASH_BYTES, rootOf, sha256 } from './merkle.ts'
import { type Finding, Findings } from './problems.ts'
import type { EncodedRow } from './quick/encoded-row.ts'
import { FIELD, FIRST_TEXT } from './quick/record-fields.ts'
import { isByProducer, quickLeafOf } from './quick/quick-leaf.ts'
import { QuickRecord } from './quick/quick-record.ts'
import { StreamTails } from './quick/stream-tails.ts'
import { recordChecks, toRecordCase, tryEvidence } from './record-checks.ts'
import {
  type ConflictRow,
  type Place,
  type QuarantineRow,
  type RangeSink,
  type RecordRow,
  type RetainedLeaves,
  type SealRow,
  TEXT_COLUMNS,
} from './rows.ts'
import {
  type BrokenLink,
  type Elsewhere,
  type MissingAnnex,
  type RangeResult,
  type RetainedUse,
  toBrokenLink,
} from './range-result.ts'
import { leafOfConflict, leafOfQuarantine, leafOfRecord } from './seal.ts'
import { type RunEnd, type StreamRun, StreamRuns } from './stream-runs.ts'
import { toColumns } from './columns.ts'
import { toTrailEvent, type TrailEvent } from './trail-events.ts'

/** How many broken links one range hands over; the rest is counted. */
const MAX_BROKEN_LINKS = 200

interface SealState {
  readonly row: SealRow
  readonly seen: Uint8Array
}

/** Checks the rows of a range of seals against their seals and each other. */
export class RangeCheck implements RangeSink {
  readonly #checks: CheckSet
  readonly #findings = new Findings()
  readonly #seals = new Map<string, Map<number, SealState>>()
  readonly #streams: StreamRuns
  readonly #tails: StreamTails
  readonly #quick: QuickRecord
  readonly #brokenLinks: BrokenLink[] = []
  readonly #events: TrailEvent[] = []
  readonly #unsealed: StreamRun[] = []
  readonly #elsewhere: Elsewhere[] = []
  readonly #missingAnnexes: MissingAnnex[] = []
  readonly #retained = new Map<string, Omit<RetainedUse, 'partition'>>()
  readonly #activeRecordChecks: readonly (readonly [
    CheckName,
    NonNullable<(typeof recordChecks)[CheckName]>,
  ])[]
  #records = 0
  #sealCount = 0
  #leaves = 0

  constructor(checks: CheckSet, quick: QuickRecord) {
    this.#checks = checks
    this.#quick = quick
    this.#activeRecordChecks = Object.entries(recordChecks)
      .map(([name, check]) => [name as CheckName, check] as const)
      .filter(([name]) => checks.has(name))
    this.#streams = new StreamRuns({
      fork: (stream, sequence, _there, added) =>
        this.#find('stream-fork', added.start!.place, added.start!.recordedAt, {
          message: `number ${sequence} of the stream is there twice`,
          recordId: added.start!.recordId,
          stream,
          sequence,
        }),
      broken: (before, after) => this.#addBrokenLink(before, after),
    })
    this.#tails = new StreamTails(this.#streams)
  }

  seal(row: SealRow): void {
    const ofSealer = this.#seals.get(row.sealer) ?? new Map<number, SealState>()
    this.#seals.set(row.sealer, ofSealer)
    // As many as it holds: what it says it counts may be any number.
    const held = Math.floor(row.leaves.length / HASH_BYTES)
    ofSealer.set(row.seal, { row, seen: new Uint8Array(held) })
    this.#sealCount += 1
    this.#leaves += row.leafCount
    const place = { sealer: row.sealer, seal: row.seal }
    if (row.leaves.length !== row.leafCount * HASH_BYTES) {
      this.#find('seal-count', place, row.recordedAt, {
        message: `the seal counts ${row.leafCount} leaves and holds ${row.leaves.length / HASH_BYTES}`,
      })
    }
    if (!rootOf(row.leaves).equals(row.root)) {
      this.#find('seal-root', place, row.recordedAt, {
        message: 'the root of the seal is not that of its leaves',
      })
    }
  }

  quickRecord(row: EncodedRow): boolean {
    if (!this.#quick.accepts(row)) return false
    const state = this.#stateOf(row.uuid(FIELD.sealer_id), row.count(FIELD.seal_number))
    const leaf = row.int32(FIELD.leaf_index)
    const recordedAt = row.time(FIELD.recorded_at)
    if (state?.seen[leaf] !== 0 || state.row.recordedAt !== recordedAt) return false
    const sealed = state.row.leaves.toString('hex', leaf * HASH_BYTES, (leaf + 1) * HASH_BYTES)
    if (quickLeafOf(row) !== sealed) return false
    state.seen[leaf] = 1
    this.#records += 1
    const stream = FIRST_TEXT + STREAM_ID
    const { sequence } = this.#quick
    if (sequence === 0 || row.startOf(stream) === -1) return true
    this.#addToStream(
      row.source.toString('utf8', row.startOf(stream), row.endOf(stream)),
      sequence,
      row,
      recordedAt,
    )
    return true
  }

  #addToStream(stream: string, sequence: number, row: EncodedRow, recordedAt: bigint): void {
    const isLinked = isByProducer(row)
    if (isLinked && this.#tails.lengthen(stream, sequence, row, recordedAt)) return
    this.#tails.tell(stream)
    const { source } = row
    const hexOf = (field: number): string =>
      source.toString('hex', row.startOf(field), row.endOf(field))
    const end: RunEnd = {
      recordId: row.uuid(FIELD.record_id),
      place: {
        sealer: row.uuid(FIELD.sealer_id),
        seal: row.count(FIELD.seal_number),
        leaf: row.int32(FIELD.leaf_index),
      },
      recordedAt,
    }
    this.#streams.add({
      stream,
      first: sequence,
      last: sequence,
      firstPrevious:
        isLinked && row.startOf(FIELD.prev_hash) !== -1 ? hexOf(FIELD.prev_hash) : null,
      lastHash: hexOf(FIELD.hash),
      start: end,
      end,
    })
    if (this.#streams.endsWith(stream, end)) {
      this.#tails.follow(stream, sequence, row, recordedAt)
    }
  }

  record(row: RecordRow): void {
    this.#records += 1
    const record = toRecordCase(row)
    const { recordId } = row
    for (const [name, check] of this.#activeRecordChecks) {
      const message = check(record)
      if (message) this.#find(name, row.place, row.recordedAt, { message, ...identityOf(row) })
    }
    const isSealed = this.#checkPlace(row, leafOfRecord(row), identityOf(row))
    if (!record.evidence || !record.columns) return
    const { columns, evidence } = record
    if (columns.annexHash && !row.annex) {
      this.#missingAnnexes.push({ recordId, place: row.place, recordedAt: row.recordedAt })
    }
    // Whoever reaches an endpoint that asks nobody for a token could explain away what is missing.
    const event = row.ingestedBy === null ? undefined : toTrailEvent(evidence, columns)
    if (event) this.#events.push(event)
    const [stream, sequence] = [columns.texts.stream_id, toPlaceInStream(columns.sequenceNumber)]
    if (stream === null || sequence === null) return
    const end: RunEnd = { recordId, place: row.place, recordedAt: row.recordedAt }
    const run: StreamRun = {
      stream,
      first: sequence,
      last: sequence,
      // A Collector's evidence has another hash than any that the producer could name.
      firstPrevious: row.evidenceBy === 'producer' ? columns.prevHash : null,
      lastHash: row.hash,
      start: end,
      end,
    }
    if (isSealed) {
      this.#tails.tell(stream)
      this.#streams.add(run)
    } else this.#unsealed.push(run)
  }

  conflict(row: ConflictRow): void {
    const { recordId } = row
    this.#checkPlace(row, leafOfConflict(row), { recordId })
    if (sha256(row.evidence).toString('hex') !== row.hash) {
      this.#find('conflict-hash', row.place, row.recordedAt, {
        message: 'hash of the conflict is not the SHA-256 of its evidence',
        recordId,
      })
    }
    const { evidence, fault } = tryEvidence(row.evidence)
    const columns = evidence && toColumns(evidence)
    if (!columns || columns.recordId !== recordId) {
      this.#find('conflict-canonical', row.place, row.recordedAt, {
        message: fault
          ? `the evidence of the conflict is not as the format has it: ${fault}`
          : 'record_id of the conflict: not what its evidence says',
        recordId,
      })
    }
    const sequence = toPlaceInStream(columns?.sequenceNumber ?? null)
    const stream = columns?.texts.stream_id ?? null
    if (stream === null || sequence === null) return
    this.#elsewhere.push({ kind: 'conflicting', stream, sequence, hash: row.hash })
  }

  quarantine(row: QuarantineRow): void {
    this.#checkPlace(row, leafOfQuarantine(row), {})
    if (sha256(row.raw).toString('hex') !== row.rawHash) {
      this.#find('quarantine-hash', row.place, row.recordedAt, {
        message: 'raw_hash of the quarantined record is not the SHA-256 of raw',
      })
    }
    // These columns are no part of the leaf: they count only as far as they come from the raw bytes.
    const isInside =
      row.evidence === null
        ? row.hash === null
        : row.raw.includes(row.evidence) && sha256(row.evidence).toString('hex') === row.hash
    if (!isInside) {
      this.#find('quarantine-evidence', row.place, row.recordedAt, {
        message: 'evidence or hash of the quarantined record: not what raw says',
      })
    }
    const { stream } = row
    const sequence = toPlaceInStream(row.sequence)
    if (stream === null || sequence === null || !row.raw.includes(stream)) return
    this.#elsewhere.push({ kind: 'quarantined', stream, sequence, hash: row.hash })
  }

  retained(row: RetainedLeaves): void {
    const state = this.#stateOf(row.sealer, row.seal)
    if (!state) return
    const leaves = state.seen.length
    const [first, last] = [Math.max(row.firstLeaf, 0), Math.min(row.lastLeaf, leaves - 1)]
    const before = this.#retained.get(row.partition)
    if (!before) {
      const place = { sealer: row.sealer, seal: row.seal, leaf: first }
      this.#retained.set(row.partition, { place, recordedAt: state.row.recordedAt })
    }
    state.seen.fill(1, first, Math.max(last + 1, first))
  }

  /** To be called once, after the last row. */
  end(): RangeResult {
    this.#tails.tellAll()
    // A row that no seal knows is in nobody's way: it counts only where nothing else has its number.
    for (const run of this.#unsealed) {
      const isThere = (other: StreamRun): boolean =>
        other.first <= run.first && other.last >= run.last
      if (!this.#streams.runsOf(run.stream).some(isThere)) this.#streams.add(run)
    }
    for (const seals of this.#seals.values()) {
      for (const state of seals.values()) this.#findMissingLeaves(state)
    }
    const findings = this.#findings.listed()
    return {
      records: this.#records,
      seals: this.#sealCount,
      leaves: this.#leaves,
      findings,
      unlisted: this.#findings.unlisted(findings),
      runs: [...this.#streams.streams()].flatMap(([, runs]) => runs),
      brokenLinks: this.#brokenLinks,
      events: this.#events,
      elsewhere: this.#elsewhere,
      missingAnnexes: this.#missingAnnexes,
      retained: [...this.#retained].map(([partition, use]) => ({ partition, ...use })),
    }
  }

  /** Answers whether the row is what was sealed. */
  #checkPlace(
    row: { readonly place: Place; readonly recordedAt: bigint },
    leaf: Buffer,
    identity: Partial<Finding>,
  ): boolean {
    const { place, recordedAt } = row
    const state = this.#stateOf(place.sealer, place.seal)
    if (!state) {
      this.#find('seal-of-row', place, recordedAt, {
        message: `the row names seal ${place.seal}, which is not there`,
        ...identity,
      })
      return false
    }
    const { leaves, recordedAt: sealedAt } = state.row
    const at = place.leaf * HASH_BYTES
    const isLeaf = place.leaf >= 0 && leaf.equals(leaves.subarray(at, at + HASH_BYTES))
    if (!isLeaf) {
      this.#find('leaf', place, recordedAt, {
        message: `the row is not leaf ${place.leaf} of its seal`,
        ...identity,
      })
    } else if (state.seen[place.leaf] === 1) {
      this.#find('leaf-twice', place, recordedAt, {
        message: `leaf ${place.leaf} of the seal is taken by another row`,
        ...identity,
      })
    }
    if (sealedAt !== recordedAt) {
      this.#find('seal-time', place, sealedAt, {
        message: 'recorded_at of the row is not that of its seal',
        ...identity,
      })
    }
    state.seen[place.leaf] = 1
    return isLeaf
  }

  #stateOf(sealer: string, seal: number): SealState | undefined {
    return this.#seals.get(sealer)?.get(seal)
  }

  #findMissingLeaves({ row, seen }: SealState): void {
    for (let leaf = seen.indexOf(0); leaf >= 0; leaf = seen.indexOf(0, leaf + 1)) {
      this.#find('leaf-missing', { sealer: row.sealer, seal: row.seal, leaf }, row.recordedAt, {
        message: `no row is leaf ${leaf} of the seal, which holds ${seen.length}`,
      })
    }
  }

  #addBrokenLink(before: StreamRun, after: StreamRun): void {
    if (!this.#checks.has('stream-link')) return
    if (this.#brokenLinks.length < MAX_BROKEN_LINKS) {
      this.#brokenLinks.push(toBrokenLink(before, after))
    } else this.#findings.count('stream-link')
  }

  #find(
    check: CheckName,
    place: Omit<Place, 'leaf'> & { readonly leaf?: number },
    recordedAt: bigint,
    finding: Omit<Finding, 'rule'>,
  ): void {
    if (!this.#checks.has(check)) return
    this.#findings.add({ rule: CHECKS[check], ...finding, ...place, recordedAt })
  }
}

function identityOf(row: RecordRow): Pick<Finding, 'recordId' | 'stream' | 'sequence'> {
  const sequence = toPlaceInStream(row.sequenceNumber)
  return {
    recordId: row.recordId,
    stream: row.texts[STREAM_ID] ?? undefined,
    sequence: sequence ?? undefined,
  }
}

const STREAM_ID = TEXT_COLUMNS.indexOf('stream_id')

/** Numbers of a stream start at 1; others are no place in it. */
function toPlaceInStream(sequence: bigint | null): number | null {
  return sequence === null || sequence < 1n || sequence > BigInt(Number.MAX_SAFE_INTEGER)
    ? null
    : Number(sequence)
}
