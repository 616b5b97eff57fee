import { isAbortedBy } from './aborted-by.ts'

/** How one run of repeated work ended; `late` when it had not by its deadline. */
export type RunEnd<Result> =
  | { readonly how: 'done'; readonly result: Result }
  | { readonly how: 'failed'; readonly error: unknown }
  | { readonly how: 'late' }

/** What is repeated, and when. */
export interface RepeatingOptions<Result> {
  /** From the start of a run to the start of the next, in milliseconds. */
  readonly every: number
  /** Deadline of a run, in milliseconds. */
  readonly timeout: number
  /** Share of `every` by which a start may be earlier or later. */
  readonly jitter: number
  /** Whether the first run starts at once, and not after `every`. */
  readonly immediate: boolean
  /** Whether waiting for the next run keeps the process alive. */
  readonly keepsAlive: boolean
  /** One run; its `signal` is aborted at the deadline and by `stop()`. */
  readonly run: (signal: AbortSignal) => Result | PromiseLike<Result>
  /** Told once of each run: when it has ended, or at its deadline; a late success does not count. */
  readonly onEnd: (end: RunEnd<Result>, seconds: number) => void
  /** From 0 to 1; for tests. */
  readonly random?: () => number
}

/** Work that is being repeated. */
export interface Repeating {
  /** The run that has not ended, deadline or not: since when, by `performance.now()`, and a promise of its end that never rejects. */
  readonly current: { readonly since: number; readonly ended: Promise<void> } | undefined
  /** No run starts any more; the one that is running is told by its signal. */
  stop(): void
}

/** Share of `every` that passes at least between two runs, so that work that takes too long leaves room for other work. */
const SHORTEST_PAUSE = 0.1

/**
 * Runs work again and again, never twice at a time: a run that hangs beyond its deadline is not started again until it has
 * ended after all.
 */
export function startRepeating<Result>(options: RepeatingOptions<Result>): Repeating {
  const { every, timeout, jitter, immediate, keepsAlive, random = Math.random } = options
  let timer: NodeJS.Timeout | undefined
  let current: Repeating['current']
  let controller: AbortController | undefined
  let isStopped = false

  const schedule = (millis: number): void => {
    if (isStopped) return
    timer = setTimeout(run, millis)
    if (!keepsAlive) timer.unref()
  }
  const nextIn = (elapsed: number): number => {
    const wanted = every * (1 + jitter * (2 * random() - 1))
    return Math.max(wanted - elapsed, every * SHORTEST_PAUSE)
  }
  const run = (): void => {
    const own = new AbortController()
    controller = own
    const since = performance.now()
    let isTold = false
    let isOver = false
    const tell = (end: RunEnd<Result>): void => {
      if (isTold) return
      isTold = true
      clearTimeout(deadline)
      options.onEnd(end, (performance.now() - since) / 1_000)
    }
    const deadline = setTimeout(() => {
      isOver = true
      own.abort(new DOMException(`not done within ${timeout} ms`, 'TimeoutError'))
      // Not in this turn: work that gives up when it is told to may say what it was waiting for.
      setImmediate(() => tell({ how: 'late' }))
    }, timeout).unref()
    const settle = async (): Promise<void> => {
      let end: Exclude<RunEnd<Result>, { readonly how: 'late' }>
      try {
        end = { how: 'done', result: await options.run(own.signal) }
      } catch (error) {
        end = { how: 'failed', error }
      }
      // Done or given up: when its time is over it is late, unless it says more.
      const isLate = isOver && (end.how === 'done' || isAbortedBy(end.error, own.signal))
      tell(isLate ? { how: 'late' } : end)
      current = undefined
      schedule(nextIn(performance.now() - since))
    }
    // Before the work begins: it may ask whether it is running, and be stopped by itself.
    const ended = Promise.withResolvers<void>()
    current = { since, ended: ended.promise }
    void settle().finally(ended.resolve)
  }

  schedule(immediate ? 0 : nextIn(0))
  return {
    get current() {
      return current
    },
    stop() {
      isStopped = true
      clearTimeout(timer)
      controller?.abort(new DOMException('stopped', 'AbortError'))
    },
  }
}
