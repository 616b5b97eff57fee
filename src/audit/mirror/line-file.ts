import { appendNow, appendText, endsWithinLine, openToAppend } from './append-text.ts'

/** A file that lines are appended to, in their order. */
export interface LineFile {
  /** Takes a line; answers false when it has none of the room left. */
  append(line: string): boolean
  /** Resolves when every line so far is written, or could not be. */
  flush(): Promise<void>
  /** Has every line so far written when it returns, or could not: for the end of the process. */
  settle(): void
}

/** A write that failed. */
export interface FailedWrite {
  readonly error: unknown
  /** Lines that were to be written; a part of them may be. */
  readonly lines: number
}

/** Text that may wait for the disk, in characters. */
const MAX_WAITING = 16 * 2 ** 20

/** How long the reader of a pipe may take nothing. */
const STALL_MILLIS = 2_000

/**
 * Opens nothing until there is a line: the file is opened anew for each write of what has come in between, so that it may be
 * moved away by a log rotation at any time. Several processes may write to the same file.
 *
 * @param onWritten - told of each write, and how it failed if it did
 */
export function createLineFile(
  path: string,
  onWritten: (failure?: FailedWrite) => void,
  { stallMillis = STALL_MILLIS }: { readonly stallMillis?: number } = {},
): LineFile {
  let waiting = ''
  let writing: Promise<void> | undefined
  // Where somebody was interrupted, half a line may stand at the end.
  let mayBeTorn = true
  const isWaiting = (): boolean => waiting !== ''
  const take = (): string => {
    const text = waiting
    waiting = ''
    return text
  }
  const whole = (text: string): string => (mayBeTorn && endsWithinLine(path) ? `\n${text}` : text)
  const write = async (): Promise<void> => {
    // Lines of the same turn go together.
    await Promise.resolve()
    while (isWaiting()) {
      let text: string | undefined
      try {
        await using file = await openToAppend(path)
        // Not before: when the process ends meanwhile, it is still there to be written.
        text = take()
        if (text === '') break
        await appendText(file, whole(text), stallMillis)
        mayBeTorn = false
        onWritten()
      } catch (error) {
        mayBeTorn = true
        onWritten({ error, lines: countLines(text ?? take()) })
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
    settle() {
      const text = take()
      if (text === '') return
      try {
        appendNow(path, whole(text))
        onWritten()
      } catch (error) {
        onWritten({ error, lines: countLines(text) })
      }
    },
  }
}

function countLines(text: string): number {
  return text.split('\n').length - 1
}
