import { cp, mkdir, readdir, stat, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { ClientConfig } from 'pg'
import { planWanted } from '../plan-ranges.ts'
import { openRangeReader } from '../postgres/range-reader.ts'
import { openPostgresSource, type PostgresSource } from '../postgres/postgres-source.ts'
import {
  type ConflictRow,
  type Place,
  type QuarantineRow,
  type RangeSink,
  type RecordRow,
  type SealHeader,
  type SealRange,
  compareBounds,
} from '../rows.ts'
import {
  annexToLine,
  conflictToLine,
  quarantineToLine,
  recordToLine,
  retainedLeavesToLine,
  retainedStreamToLine,
  sealToLine,
} from './archive-rows.ts'
import { createLineFile, type LineFile } from './line-file.ts'
import { ARCHIVE_FILES, type ArchiveFile, type Manifest } from './manifest.ts'

/** What to put into an archive, and where. */
export interface ExportOptions {
  readonly postgres: ClientConfig
  readonly newestSchema: number
  /** Made when it is not there; must be empty. */
  readonly directory: string
  /** Folders or files of checkpoints to copy beside the rows. */
  readonly checkpoints?: readonly string[] | undefined
  readonly withoutAnnexes?: boolean | undefined
  /** Only what was stored in this time, both ends included. */
  readonly from?: Date | undefined
  readonly to?: Date | undefined
  /** Only the records of this partition of `audit.records`. */
  readonly partition?: string | undefined
  readonly onProgress?:
    | ((progress: { records: number; estimate: number | undefined }) => void)
    | undefined
}

/**
 * Writes a trail, or a part of it, as an archive that can be verified without a database.
 *
 * @throws {Error} when the folder has something in it, or the database cannot be read
 */
export async function exportArchive(options: ExportOptions): Promise<Manifest> {
  const { directory } = options
  await mkdir(directory, { recursive: true, mode: 0o700 })
  if ((await readdir(directory)).length > 0) {
    throw new Error(`the folder of an archive must be empty; ${directory} is not`)
  }
  const source = await openPostgresSource(options.postgres, options.newestSchema)
  try {
    const writer = await ArchiveWriter.open(source, options)
    const manifest = await writer.run()
    await copyCheckpoints(options.checkpoints ?? [], join(directory, 'checkpoints'))
    // Last of all: a folder without it is no archive.
    await writeFile(
      join(directory, 'manifest.json'),
      `${JSON.stringify(manifest, undefined, 2)}\n`,
      { flag: 'wx', mode: 0o600 },
    )
    return manifest
  } finally {
    await source.close()
  }
}

async function copyCheckpoints(paths: readonly string[], target: string): Promise<void> {
  if (paths.length === 0) return
  await mkdir(target, { mode: 0o700 })
  for (const path of paths) {
    const names = (await stat(path)).isDirectory()
      ? (await readdir(path))
          .filter((name) => name.endsWith('.jsonl'))
          .map((name) => join(path, name))
      : [path]
    for (const name of names) await cp(name, join(target, basename(name)), { force: false })
  }
}

class ArchiveWriter {
  readonly #source: PostgresSource
  readonly #options: ExportOptions
  readonly #files: Record<ArchiveFile, LineFile>
  readonly #partition: WantedPartition | undefined
  #records = 0

  private constructor(
    source: PostgresSource,
    options: ExportOptions,
    files: Record<ArchiveFile, LineFile>,
    partition: WantedPartition | undefined,
  ) {
    this.#source = source
    this.#options = options
    this.#files = files
    this.#partition = partition
  }

  static async open(source: PostgresSource, options: ExportOptions): Promise<ArchiveWriter> {
    const { partition, directory } = options
    const wanted = partition === undefined ? undefined : await findPartition(source, partition)
    const files = {} as Record<ArchiveFile, LineFile>
    for (const [file, name] of Object.entries(ARCHIVE_FILES)) {
      files[file as ArchiveFile] = await createLineFile(join(directory, name))
    }
    return new ArchiveWriter(source, options, files, wanted)
  }

  async run(): Promise<Manifest> {
    const { from, to, partition, withoutAnnexes = false } = this.#options
    const reader = await openRangeReader(this.#source.place)
    try {
      // Of seals that are not wanted the header is enough: the log needs all of them.
      const headers: SealHeader[] = []
      const ranges = planWanted(
        this.#source.sealHeaders(),
        (header) => headers.push(header),
        (header) => this.#wants(header),
      )
      for await (const range of ranges) {
        const rows = new RangeRows()
        await reader.readRange(range, rows)
        await this.#write(range, rows, headers)
      }
      for (const header of headers) await this.#files.seals.write(sealToLine(header))
      for await (const run of this.#source.retainedLeaves()) {
        await this.#files.retainedLeaves.write(retainedLeavesToLine(run))
      }
      for await (const run of this.#source.retainedStreams()) {
        await this.#files.retainedStreams.write(retainedStreamToLine(run))
      }
    } finally {
      await reader.close()
    }
    const part = {
      ...(from && { from: from.toISOString() }),
      ...(to && { to: to.toISOString() }),
      ...(partition !== undefined && { partition }),
    }
    const files = {} as Record<ArchiveFile, Manifest['files'][ArchiveFile]>
    for (const file of Object.keys(ARCHIVE_FILES) as ArchiveFile[]) {
      files[file] = await this.#files[file].end()
    }
    return {
      format: 'telltale-archive/1',
      now: String(this.#source.now),
      part: Object.keys(part).length === 0 ? null : part,
      withoutAnnexes,
      retained: await this.#source.retainedRows(),
      files,
    }
  }

  #wants(header: SealHeader): boolean {
    const { from, to } = this.#options
    return (
      (!from || header.recordedAt >= toMicros(from)) &&
      (!to || header.recordedAt <= toMicros(to)) &&
      (!this.#partition || this.#partition.seals.has(`${header.sealer} ${header.seal}`))
    )
  }

  async #write(range: SealRange, rows: RangeRows, headers: SealHeader[]): Promise<void> {
    const { withoutAnnexes, onProgress } = this.#options
    // Headers beyond the range belong to a later one: they were read ahead.
    while (headers.length > 0 && (!range.upTo || compareBounds(headers[0]!, range.upTo) <= 0)) {
      const header = headers.shift()!
      const leaves = rows.leaves.get(`${header.sealer} ${header.seal}`)
      await this.#files.seals.write(sealToLine({ ...header, leaves }))
    }
    for (const row of rows.records.sort(byPlace)) {
      if (this.#partition && !isOf(this.#partition, row)) continue
      await this.#files.records.write(recordToLine(row))
      this.#records += 1
      if (row.annex && !withoutAnnexes)
        await this.#files.annexes.write(
          annexToLine({ ...row.annex, place: row.place, recordId: row.recordId }),
        )
    }
    if (!this.#partition) {
      for (const row of rows.conflicts.sort(byPlace)) {
        await this.#files.conflicts.write(conflictToLine(row))
      }
      for (const row of rows.quarantined.sort(byPlace)) {
        await this.#files.quarantine.write(quarantineToLine(row))
      }
    }
    onProgress?.({ records: this.#records, estimate: undefined })
  }
}

function toMicros(date: Date): bigint {
  return BigInt(date.getTime()) * 1_000n
}

/** The ids of a partition, and its seals as texts. */
interface WantedPartition {
  readonly firstId: string
  readonly endId: string
  readonly seals: ReadonlySet<string>
}

async function findPartition(source: PostgresSource, name: string): Promise<WantedPartition> {
  const { firstId, endId, seals } = await source.partition(name)
  return { firstId, endId, seals: new Set(seals.map(({ sealer, seal }) => `${sealer} ${seal}`)) }
}

function isOf({ firstId, endId }: WantedPartition, { recordId }: RecordRow): boolean {
  return recordId >= firstId && recordId < endId
}

/** The rows of one range, kept until they can be put in their order. */
class RangeRows implements RangeSink {
  readonly leaves = new Map<string, Buffer>()
  readonly records: RecordRow[] = []
  readonly conflicts: ConflictRow[] = []
  readonly quarantined: QuarantineRow[] = []

  seal({ sealer, seal, leaves }: { sealer: string; seal: number; leaves: Buffer }): void {
    this.leaves.set(`${sealer} ${seal}`, leaves)
  }

  record(row: RecordRow): void {
    this.records.push(row)
  }

  conflict(row: ConflictRow): void {
    this.conflicts.push(row)
  }

  quarantine(row: QuarantineRow): void {
    this.quarantined.push(row)
  }

  retained(): void {
    // What is retained has no rows; the leaves say so themselves.
  }
}

function byPlace(a: { readonly place: Place }, b: { readonly place: Place }): number {
  return compareBounds(a.place, b.place) || a.place.leaf - b.place.leaf
}
