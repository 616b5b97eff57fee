/**
 * One piece of news about a stack that is coming up: a `line` stands, a `tick` only says how the
 * present step is getting on and is replaced by the next.
 */
export interface ProgressEvent {
  readonly kind: 'line' | 'tick'
  readonly text: string
}

/** Receives the news in order. */
export type Progress = (event: ProgressEvent) => void

const TICKS_PER_LINE_MILLIS = 15_000

/** Turns news into lines: each line at once, of the ticks one about every 15 seconds. */
export function toLines(write: (line: string) => void): Progress {
  let lastMillis = performance.now()
  return ({ kind, text }) => {
    if (kind === 'tick' && performance.now() - lastMillis < TICKS_PER_LINE_MILLIS) return
    lastMillis = performance.now()
    write(text)
  }
}

/** Shows news on a stream: on a terminal the ticks share one live line, elsewhere they are lines. */
export function toStream(stream: NodeJS.WriteStream): Progress {
  if (!stream.isTTY) return toLines((line) => stream.write(`${line}\n`))
  return ({ kind, text }) => {
    const width = Math.max(20, (stream.columns || 80) - 1)
    stream.write(`\r\u001B[K${kind === 'tick' ? text.slice(0, width) : `${text}\n`}`)
  }
}

/** Takes the live line away, so that something else can be written. */
export function clearLiveLine(stream: NodeJS.WriteStream): void {
  if (stream.isTTY) stream.write('\r\u001B[K')
}

/** Calls for a tick every second while the work runs. */
export async function whileTicking<T>(
  progress: Progress,
  describe: (elapsedSeconds: number) => string,
  work: Promise<T>,
): Promise<T> {
  const started = performance.now()
  const timer = setInterval(() => {
    progress({ kind: 'tick', text: describe(Math.round((performance.now() - started) / 1_000)) })
  }, 1_000)
  try {
    return await work
  } finally {
    clearInterval(timer)
  }
}

/** Writes a duration as people say it: `40 s`, `4 min 30 s`. */
export function toWords(seconds: number): string {
  const minutes = Math.floor(seconds / 60)
  const rest = seconds % 60
  if (minutes === 0) return `${rest} s`
  return rest === 0 ? `${minutes} min` : `${minutes} min ${rest} s`
}
