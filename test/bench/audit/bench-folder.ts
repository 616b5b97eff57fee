import { mkdtempSync, rmSync, statfsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A folder for what is written, on a real disk. */
export interface BenchFolder extends Disposable {
  readonly path: string
}

const TMPFS_MAGIC = 0x01021994

/**
 * Makes a folder in the temporary one; disposing removes it.
 *
 * @throws {Error} when that is memory, where a sync costs nothing, or has too little room
 */
export function makeBenchFolder(neededBytes: number): BenchFolder {
  const { type, bavail, bsize } = statfsSync(tmpdir())
  if (type === TMPFS_MAGIC) {
    throw new Error(`${tmpdir()} is in memory; let TMPDIR name a folder on a disk`)
  }
  if (bavail * bsize < neededBytes) {
    throw new Error(
      `${tmpdir()} has ${toGibibytes(bavail * bsize)} GiB left and ${toGibibytes(neededBytes)} GiB are needed; let TMPDIR name another`,
    )
  }
  const path = mkdtempSync(join(tmpdir(), 'telltale-bench-'))
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) }
}

function toGibibytes(bytes: number): string {
  return (bytes / 2 ** 30).toFixed(1)
}
