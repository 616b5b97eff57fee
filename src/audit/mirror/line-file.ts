import { appendFile, mkdir } from 'node:fs/promises'
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
 * moved away by a log rotation at any time.
 *
 * @param onWritten - told of each write, with the error if it failed
 */
export function createLineFile(path: string, onWritten: (error?: unknown) => void): LineFile {
  let waiting = ''
  let writing: Promise<void> | undefined
  const write = async (): Promise<void> => {
    // Lines of the same turn go together.
    await Promise.resolve()
    while (waiting !== '') {
      const text = waiting
      waiting = ''
      try {
        await appendLines(path, text)
        onWritten()
      } catch (error) {
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

async function appendLines(path: string, text: string): Promise<void> {
  try {
    await appendFile(path, text, { mode: 0o600 })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    await mkdir(dirname(path), { recursive: true, mode: 0o700 })
    await appendFile(path, text, { mode: 0o600 })
  }
}
