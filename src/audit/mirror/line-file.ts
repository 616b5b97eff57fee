import { type FileHandle, mkdir, open } from 'node:fs/promises'
import { dirname } from 'node:path'

/** A file that lines are appended to, in their order. */
export interface LineFile {
  /** Takes a line; answers false when it has none of the room left. */
  append(line: string): boolean
  /** Resolves when every line so far is written, or could not be. */
  flush(): Promise<void>
}

/** Text that may wait for the disk, in characters. */
const MAX_WAITING = 16 * 2 ** 20

/**
 * Opens nothing until there is a line: the file is opened anew for each write of what has come in between, so that it may be
 * moved away by a log rotation at any time. Several processes may write to the same file.
 *
 * @param onWritten - told of each write, with the error if it failed
 */
export function createLineFile(path: string, onWritten: (error?: unknown) => void): LineFile {
  let waiting = ''
  let writing: Promise<void> | undefined
  // Where somebody was interrupted, half a line may stand at the end.
  let mayBeTorn = true
  const write = async (): Promise<void> => {
    // Lines of the same turn go together.
    await Promise.resolve()
    while (waiting !== '') {
      const text = waiting
      waiting = ''
      try {
        await appendLines(path, text, mayBeTorn)
        mayBeTorn = false
        onWritten()
      } catch (error) {
        mayBeTorn = true
        onWritten(error)
      }
    }
    writing = undefined
  }
  return {
    append(line) {
      if (waiting.length + line.length > MAX_WAITING) return false
      waiting += line
      writing ??= write()
      return true
    },
    flush: async () => writing,
  }
}

async function appendLines(path: string, text: string, mayBeTorn: boolean): Promise<void> {
  await using file = await openToAppend(path)
  const isTorn = mayBeTorn && (await endsWithinLine(file))
  let rest = Buffer.from(isTorn ? `\n${text}` : text)
  // In one piece: a write to the end of a file is not interrupted by another process, and lines stay whole. Node's own
  // appendFile() makes several of what is long.
  while (rest.length > 0) {
    const { bytesWritten } = await file.write(rest)
    rest = rest.subarray(bytesWritten)
  }
}

async function openToAppend(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'a+', 0o600)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    await mkdir(dirname(path), { recursive: true, mode: 0o700 })
    return open(path, 'a+', 0o600)
  }
}

async function endsWithinLine(file: FileHandle): Promise<boolean> {
  const { size } = await file.stat()
  if (size === 0) return false
  const { buffer, bytesRead } = await file.read(Buffer.alloc(1), 0, 1, size - 1)
  return bytesRead === 1 && buffer.toString('latin1') !== '\n'
}
