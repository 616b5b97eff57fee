import { writeSync } from 'node:fs'
import { cutText } from './cut-text.ts'

/** Where the SDK says what went wrong: one line per cause, never one per failure. */
export interface Reporter {
  /** Says `message` unless the same `cause` was said before; answers whether it was said. */
  once(cause: string, message: string): boolean
  /** Forgets a cause that has ended and says so, if it had been reported. */
  over(cause: string, message: string): void
  /** Says `message` always; for what happens at most a few times in a process. */
  say(message: string): void
}

/** Different causes that are told of; what comes beyond them is passed over, after one word about it. */
const MAX_CAUSES = 1_000

/** What is told of one thing; names and values of others are in it, and may be any length. */
const MAX_CHARACTERS = 2_000

/** Makes a reporter that hands each line, prefixed with `telltale: `, to `write`. */
export function createReporter(write: (line: string) => void): Reporter {
  const reported = new Set<string>()
  const say = (message: string): void => {
    const line = cutText(message, MAX_CHARACTERS).replaceAll('\n', ' ')
    write(`telltale: ${line}${message.length > MAX_CHARACTERS ? '… [cut]' : ''}\n`)
  }
  return {
    say,
    once(whole, message) {
      const cause = cutText(whole, MAX_CHARACTERS)
      if (reported.has(cause) || reported.size > MAX_CAUSES) return false
      reported.add(cause)
      say(
        reported.size > MAX_CAUSES
          ? 'too many different faults; further ones are not told'
          : message,
      )
      return true
    },
    over(whole, message) {
      if (reported.delete(cutText(whole, MAX_CHARACTERS))) say(message)
    },
  }
}

/** Writes to stderr at once; a stderr that nobody reads any more must never reach the application. */
export function writeToStderr(line: string): void {
  try {
    // Not process.stderr: it tells of a closed pipe by an event, which ends an application that does not listen.
    writeSync(2, line)
  } catch {
    // Nobody is left to tell.
  }
}
