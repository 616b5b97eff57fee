import { execFile, execFileSync } from 'node:child_process'
import { closeSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { codeOf } from '../../../deploy/stack/errors.ts'
import { NotHere } from './not-here.ts'

const run = promisify(execFile)

/** A file system of its own, so small that it can be filled. */
export interface SmallDisk extends AsyncDisposable {
  readonly path: string
  /** Takes every byte that is left. */
  fill(): void
  /** Gives them back. */
  empty(): void
}

const mounted = new Set<string>()
// Nothing of it stays mounted when the campaign is ended early.
process.on('exit', () => {
  for (const path of mounted) execFileSync('umount', ['--lazy', path])
})

/**
 * Mounts a real file system (tmpfs) at a folder that is made for it.
 *
 * @throws {NotHere} when this process may not mount
 */
export async function mountSmallDisk(path: string, mebibytes: number): Promise<SmallDisk> {
  mkdirSync(path, { recursive: true })
  try {
    const options = `size=${mebibytes}m,mode=1777`
    await run('mount', ['-t', 'tmpfs', '-o', options, 'telltale-faults', path])
  } catch (error) {
    throw new NotHere('a disk is filled by mounting a small one, which only root may', {
      cause: error,
    })
  }
  mounted.add(path)
  const ballast = join(path, 'ballast')
  return {
    path,
    fill: () => fillWith(ballast),
    empty: () => rmSync(ballast, { force: true }),
    [Symbol.asyncDispose]: async () => {
      await run('umount', ['--lazy', path])
      mounted.delete(path)
      rmSync(path, { recursive: true, force: true })
    },
  }
}

function fillWith(file: string): void {
  const descriptor = openSync(file, 'a')
  try {
    // Down to the last page: the smaller the piece that is refused, the fuller the disk.
    for (const size of [2 ** 20, 2 ** 12, 1]) {
      while (writeAll(descriptor, Buffer.alloc(size))) continue
    }
  } finally {
    closeSync(descriptor)
  }
}

function writeAll(descriptor: number, piece: Buffer): boolean {
  try {
    return writeSync(descriptor, piece) === piece.length
  } catch (error) {
    if (codeOf(error) === 'ENOSPC') return false
    throw error
  }
}
