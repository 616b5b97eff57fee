import { closeSync, constants, fstatSync, mkdirSync, openSync, readSync, writeSync } from 'node:fs'
import { type FileHandle, mkdir, open } from 'node:fs/promises'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/** Not blocking, which files do not care about: a pipe that nobody reads would hold up a thread, and the end of the process. */
const WRITING = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NONBLOCK
const READING = constants.O_RDONLY | constants.O_NONBLOCK

/** How long a pipe that is full is left alone. */
const PIPE_MILLIS = 5

/** Opens a file for writes to its end, which is made if it is not there. */
export async function openToAppend(path: string): Promise<FileHandle> {
  try {
    return await open(path, WRITING, 0o600)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    await mkdir(dirname(path), { recursive: true, mode: 0o700 })
    return open(path, WRITING, 0o600)
  }
}

/**
 * Writes text in one piece: a write to the end of a file is not interrupted by another process, and lines stay whole. Node's own
 * appendFile() makes several of what is long.
 *
 * @param stallMillis - how long the reader of a pipe may take nothing
 */
export async function appendText(
  file: FileHandle,
  text: string,
  stallMillis: number,
): Promise<void> {
  let rest = Buffer.from(text)
  let wroteAt = performance.now()
  while (rest.length > 0) {
    try {
      const { bytesWritten } = await file.write(rest)
      rest = rest.subarray(bytesWritten)
      wroteAt = performance.now()
    } catch (error) {
      const isFull = (error as NodeJS.ErrnoException).code === 'EAGAIN'
      if (!isFull || performance.now() - wroteAt > stallMillis) throw error
      await sleep(PIPE_MILLIS)
    }
  }
}

/** The same while the thread stands still; a pipe that is full is not waited for. */
export function appendNow(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  withFile(path, WRITING, (file) => {
    let rest = Buffer.from(text)
    while (rest.length > 0) rest = rest.subarray(writeSync(file, rest))
  })
}

/** Whether the last line of a file has no end. A pipe has no last line, and a file that is not there neither. */
export function endsWithinLine(path: string): boolean {
  try {
    return withFile(path, READING, (file) => {
      const status = fstatSync(file)
      if (!status.isFile() || status.size === 0) return false
      const last = Buffer.alloc(1)
      return readSync(file, last, 0, 1, status.size - 1) === 1 && last.toString('latin1') !== '\n'
    })
  } catch {
    // Why it cannot be written to is told by whoever writes.
    return false
  }
}

function withFile<Result>(path: string, flags: number, use: (file: number) => Result): Result {
  const file = openSync(path, flags, 0o600)
  try {
    return use(file)
  } finally {
    closeSync(file)
  }
}
