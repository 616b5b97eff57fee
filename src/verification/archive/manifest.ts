import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { RetainedRow } from '../retained-digest.ts'

/** The files of an archive, one JSON object per line; each is ordered by sealer, seal and leaf, the last by stream and number. */
export const ARCHIVE_FILES = {
  seals: 'seals.jsonl',
  records: 'records.jsonl',
  annexes: 'annexes.jsonl',
  conflicts: 'conflicts.jsonl',
  quarantine: 'quarantine.jsonl',
  retainedLeaves: 'retained-leaves.jsonl',
  retainedStreams: 'retained-streams.jsonl',
} as const

export type ArchiveFile = keyof typeof ARCHIVE_FILES

/** What an archive says of itself: `manifest.json`. */
export interface Manifest {
  readonly format: 'telltale-archive/1'
  /** When the snapshot was taken, by the database's clock: Unix microseconds. */
  readonly now: string
  /** What was asked for; nothing when it is the whole trail. */
  readonly part: {
    readonly from?: string
    readonly to?: string
    readonly partition?: string
  } | null
  readonly withoutAnnexes: boolean
  /** The rows of `audit.retained`: partitions that had gone before. */
  readonly retained: readonly RetainedRow[]
  readonly files: Readonly<
    Record<ArchiveFile, { readonly lines: number; readonly bytes: number; readonly sha256: string }>
  >
}

/**
 * Reads the manifest of an archive.
 *
 * @throws {Error} when the folder is none, or an archive of another format
 */
export async function readManifest(directory: string): Promise<Manifest> {
  const text = await readFile(join(directory, 'manifest.json'), 'utf8')
  const manifest = JSON.parse(text) as Manifest
  if (manifest.format !== 'telltale-archive/1') {
    throw new Error(
      `the archive must be of format telltale-archive/1; got ${JSON.stringify(manifest.format)}`,
    )
  }
  return manifest
}

/** The files that are not as the manifest has them. Lines of annexes may be erased. */
export async function changedFiles(directory: string, manifest: Manifest): Promise<string[]> {
  const changed: string[] = []
  for (const [file, name] of Object.entries(ARCHIVE_FILES)) {
    if (file === 'annexes') continue
    const hash = createHash('sha256')
    for await (const chunk of createReadStream(join(directory, name))) hash.update(chunk as Buffer)
    if (hash.digest('hex') !== manifest.files[file as ArchiveFile].sha256) changed.push(name)
  }
  return changed
}
