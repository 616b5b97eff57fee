import { join } from 'node:path'
import { readLines } from '../checkpoint-files.ts'
import type { CheckName } from '../checks.ts'
import { compareBounds, type Place, type RangeSink, type SealRange, type SealRow } from '../rows.ts'
import { digestRetained } from '../retained-digest.ts'
import type { RetainedPartition, TrailSource } from '../source.ts'
import {
  type ArchivedAnnex,
  lineToAnnex,
  lineToConflict,
  lineToQuarantine,
  lineToRecord,
  lineToRetainedLeaves,
  lineToRetainedStream,
  lineToSeal,
} from './archive-rows.ts'
import { ARCHIVE_FILES, type ArchiveFile, type Manifest } from './manifest.ts'

/** An archive as a source, and which of its seals have their rows in it. */
export interface ArchiveSource extends TrailSource {
  readonly part: Manifest['part']
}

/** Checks that need what a part of a trail does not hold: streams go on outside of it. */
const NOT_IN_PART: readonly CheckName[] = ['stream-gap', 'stream-end', 'seal-of-row']
/** Of a partition, seals have leaves in others too. */
const NOT_IN_PARTITION: readonly CheckName[] = [...NOT_IN_PART, 'leaf-missing']

/** Opens an archive; its files are read once, from the beginning to the end. */
export function openArchiveSource(directory: string, manifest: Manifest): ArchiveSource {
  const file = (name: ArchiveFile): string => join(directory, ARCHIVE_FILES[name])
  const seals = new Cursor(file('seals'), (text) => withPlace(lineToSeal(text)))
  const records = new Cursor(file('records'), lineToRecord)
  const annexes = new Cursor(file('annexes'), lineToAnnex)
  const conflicts = new Cursor(file('conflicts'), lineToConflict)
  const quarantine = new Cursor(file('quarantine'), lineToQuarantine)
  const retained = new Cursor(file('retainedLeaves'), lineToRetainedLeaves)
  const { part } = manifest
  return {
    part,
    now: BigInt(manifest.now),
    estimate: { records: manifest.files.records.lines },
    // An annex that is not in the archive may have been erased there, or later than the archive was made.
    lacks: new Set<CheckName>([
      'annex-missing',
      'annex-orphan',
      'view',
      ...(part === null ? [] : part.partition === undefined ? NOT_IN_PART : NOT_IN_PARTITION),
    ]),
    async *sealHeaders() {
      for await (const text of readLines(file('seals'))) yield lineToSeal(text)
    },
    async readRange(range: SealRange, sink: RangeSink) {
      for await (const seal of seals.upTo(range)) if (isWhole(seal)) sink.seal(seal)
      for await (const row of records.upTo(range)) {
        sink.record({ ...row, annex: await annexes.find(row) })
      }
      for await (const row of conflicts.upTo(range)) sink.conflict(row)
      for await (const row of quarantine.upTo(range)) sink.quarantine(row)
      for await (const row of retained.upTo(range)) sink.retained(row)
    },
    retainedPartitions: () => digestAll(manifest, file('retainedLeaves'), file('retainedStreams')),
    async *retainedStreams() {
      for await (const text of readLines(file('retainedStreams'))) yield lineToRetainedStream(text)
    },
    orphanAnnexes: async () => [],
    rowsWithoutPlace: async () => [],
    changedViews: async () => [],
    explainingSeals: async () => [],
    sealsOfNumbers: async () => [],
    async close() {
      const cursors = [seals, records, annexes, conflicts, quarantine, retained]
      await Promise.all(cursors.map((each) => each.close()))
    },
  }
}

/** The digests of the retained partitions, made again one after the other. */
async function digestAll(
  { retained }: Manifest,
  leavesFile: string,
  streamsFile: string,
): Promise<readonly RetainedPartition[]> {
  const found: RetainedPartition[] = []
  for (const row of retained) {
    const leaves = linesOf(leavesFile, lineToRetainedLeaves, row.partition)
    const streams = linesOf(streamsFile, lineToRetainedStream, row.partition)
    found.push(await digestRetained(row, leaves, streams))
  }
  return found
}

async function* linesOf<Row extends { readonly partition: string }>(
  file: string,
  toRow: (text: string) => Row,
  partition: string,
): AsyncGenerator<Row> {
  for await (const text of readLines(file)) {
    const row = toRow(text)
    if (row.partition === partition) yield row
  }
}

type ArchivedSeal = ReturnType<typeof lineToSeal> & { readonly place: Place }

function withPlace(seal: ReturnType<typeof lineToSeal>): ArchivedSeal {
  return { ...seal, place: { sealer: seal.sealer, seal: seal.seal, leaf: 0 } }
}

function isWhole(seal: ArchivedSeal): seal is ArchivedSeal & SealRow {
  return seal.leaves !== undefined
}

/** Reads a file of rows forward, as far as each range goes. */
class Cursor<Row extends { readonly place: Place }> {
  readonly #lines: AsyncGenerator<string>
  readonly #toRow: (text: string) => Row
  readonly #path: string
  #next: Row | undefined
  #line = 0

  constructor(path: string, toRow: (text: string) => Row) {
    this.#path = path
    this.#lines = readLines(path)
    this.#toRow = toRow
  }

  /** The rows up to the end of a range; those before it that were not read yet come along, and are nobody's. */
  async *upTo({ upTo }: SealRange): AsyncGenerator<Row> {
    for (;;) {
      const row = await this.#peek()
      if (!row || (upTo && compareBounds(row.place, upTo) > 0)) return
      this.#next = undefined
      yield row
    }
  }

  /** The row at a place, if there is one; those before it are passed over. */
  async find({ place, recordId }: { place: Place; recordId: string }): Promise<Row | null> {
    for (;;) {
      const row = await this.#peek()
      const order = row ? compareBounds(row.place, place) || row.place.leaf - place.leaf : 1
      if (!row || order > 0) return null
      this.#next = undefined
      if (order === 0 && (row as Row & Partial<ArchivedAnnex>).recordId === recordId) return row
    }
  }

  async close(): Promise<void> {
    await this.#lines.return(undefined)
  }

  async #peek(): Promise<Row | undefined> {
    if (this.#next) return this.#next
    const { value, done } = await this.#lines.next()
    if (done) return undefined
    this.#line += 1
    try {
      this.#next = this.#toRow(value)
      return this.#next
    } catch (error) {
      throw new Error(`${this.#path}, line ${this.#line}: it is no row of an archive`, {
        cause: error,
      })
    }
  }
}
