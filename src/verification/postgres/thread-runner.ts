import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import type { CheckSet } from '../checks.ts'
import type { RangeResult } from '../range-result.ts'
import type { RangeRunner } from '../range-runner.ts'
import type { SealRange } from '../rows.ts'
import type { SnapshotPlace } from './range-reader.ts'

/** What a thread is started with. */
export interface ThreadStart {
  readonly place: SnapshotPlace
  readonly checks: CheckSet
}

/** What a thread answers. */
export type ThreadAnswer =
  | { readonly result: RangeResult }
  | { readonly error: { readonly message: string; readonly stack: string | undefined } }

/** How many threads are worth it: more than this many connections help nobody. */
const MOST_THREADS = 16

/**
 * Left to itself V8 lets what is young grow with the work, and the chunks of rows that hang on it. A row in order makes hardly any
 * objects, so that a few MiB cost no time.
 */
const MEMORY = { maxYoungGenerationSizeMb: 4 }

/** Checks ranges on threads, each with a connection of its own to the snapshot. */
export function createThreadRunner(
  start: ThreadStart,
  threads: number = Math.min(availableParallelism(), MOST_THREADS),
): RangeRunner {
  const workers = Array.from({ length: threads }, () => new RangeThread(start))
  const idle = [...workers]
  const queue: ((thread: RangeThread) => void)[] = []
  return {
    width: threads,
    async run(range) {
      const thread =
        idle.pop() ?? (await new Promise<RangeThread>((resolve) => queue.push(resolve)))
      try {
        return await thread.run(range)
      } finally {
        const next = queue.shift()
        if (next) next(thread)
        else idle.push(thread)
      }
    },
    async close() {
      await Promise.all(workers.map((thread) => thread.close()))
    },
  }
}

class RangeThread {
  readonly #worker: Worker
  #settle: { resolve: (result: RangeResult) => void; reject: (error: Error) => void } | undefined
  #failure: Error | undefined

  constructor(start: ThreadStart) {
    this.#worker = new Worker(threadFile, { workerData: start, resourceLimits: MEMORY })
    this.#worker.on('message', (answer: ThreadAnswer) => {
      const settle = this.#settle
      this.#settle = undefined
      if ('result' in answer) settle?.resolve(answer.result)
      else settle?.reject(Object.assign(new Error(answer.error.message), answer.error))
    })
    this.#worker.on('error', (error) => this.#fail(error as Error))
    this.#worker.on('exit', (code) => this.#fail(new Error(`a thread ended with code ${code}`)))
  }

  async run(range: SealRange): Promise<RangeResult> {
    if (this.#failure) throw this.#failure
    return await new Promise<RangeResult>((resolve, reject) => {
      this.#settle = { resolve, reject }
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
      this.#worker.postMessage(range)
    })
  }

  async close(): Promise<void> {
    await this.#worker.terminate()
  }

  #fail(error: Error): void {
    this.#failure ??= error
    this.#settle?.reject(this.#failure)
    this.#settle = undefined
  }
}

// The sources run as they are in the tests, and as JavaScript in the package.
const threadFile = new URL(
  import.meta.url.endsWith('.ts') ? './range-thread.ts' : './range-thread.js',
  import.meta.url,
)
