import { withDeadline } from './deadline.ts'

/** Bounds and pace of a batch queue. */
export interface BatchQueueOptions<Item> {
  /** Items held at the most, those on their way included; beyond it new ones are dropped. */
  readonly maxQueueSize: number
  readonly maxBatchSize: number
  readonly scheduledDelayMillis: number
  /** Sends one batch; rejects when the batch is lost. */
  readonly send: (batch: Item[]) => Promise<void>
  /** Told of each item for which there was no room. */
  readonly onDrop: () => void
}

/**
 * A bounded queue that sends batches one after the other: when a batch is full, or when the delay has passed.
 *
 * Nothing here keeps the process alive, and nothing here throws.
 */
export class BatchQueue<Item> {
  readonly #options: BatchQueueOptions<Item>
  #waiting: Item[] = []
  #sending: readonly Item[] = []
  /** Items that have left the queue since it exists, delivered or not. */
  #left = 0
  #current: Promise<void> | undefined
  #timer: NodeJS.Timeout | undefined
  #soon: NodeJS.Immediate | undefined
  #delayMillis: number
  #closed = false

  constructor(options: BatchQueueOptions<Item>) {
    this.#options = options
    this.#delayMillis = options.scheduledDelayMillis
  }

  /** Items held, those on their way included. */
  get size(): number {
    return this.#waiting.length + this.#sending.length
  }

  add(item: Item): void {
    if (this.#closed || this.size >= this.#options.maxQueueSize) {
      this.#options.onDrop()
      return
    }
    this.#waiting.push(item)
    if (this.#waiting.length >= this.#options.maxBatchSize) this.#sendSoon()
    else this.#schedule()
  }

  /** Sends all that waits now, and waits for it and for what is already on its way. */
  async flush(deadlineMillis: number): Promise<void> {
    const giveUpAt = performance.now() + deadlineMillis
    const everythingOfNow = this.#left + this.size
    while (this.#left < everythingOfNow) {
      const millisLeft = giveUpAt - performance.now()
      if (millisLeft <= 0) return
      this.#sendNext()
      if (this.#current) await withDeadline(this.#current, millisLeft, false)
    }
  }

  /** From now on items leave after at most `millis`; for a process that is about to end. */
  hurry(millis: number): void {
    this.#delayMillis = Math.min(this.#delayMillis, millis)
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#schedule()
  }

  /**
   * Hands out, and forgets, what waits: for the last, synchronous flush.
   *
   * @param withCurrent - also the batch on its way, when it is known that nothing of it has been sent
   */
  takeWaiting(withCurrent = false): Item[] {
    this.#left += this.#waiting.length
    const current = withCurrent ? this.#sending : []
    return [...current, ...this.#waiting.splice(0)]
  }

  /** Refuses new items from now on. */
  close(): void {
    this.#closed = true
    clearTimeout(this.#timer)
    clearImmediate(this.#soon)
  }

  /** Not in this turn: process.exit() right after still finds the batch here, and not half on its way. */
  #sendSoon(): void {
    this.#soon ??= setImmediate(() => {
      this.#soon = undefined
      this.#sendNext()
    }).unref()
  }

  #schedule(): void {
    if (this.#timer || this.#current || this.#waiting.length === 0) return
    this.#timer = setTimeout(() => this.#sendNext(), this.#delayMillis).unref()
  }

  #sendNext(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (this.#current || this.#waiting.length === 0) return
    const batch =
      this.#waiting.length <= this.#options.maxBatchSize
        ? this.#waiting
        : this.#waiting.slice(0, this.#options.maxBatchSize)
    this.#waiting = batch === this.#waiting ? [] : this.#waiting.slice(batch.length)
    this.#sending = batch
    this.#current = this.#deliver(batch)
  }

  async #deliver(batch: Item[]): Promise<void> {
    try {
      // Through an async function: a sender that throws at once must not end before it is noted as the current one.
      await (async () => this.#options.send(batch))()
    } catch {
      // The sender has counted and reported the loss; the queue goes on with the next batch.
    }
    this.#left += batch.length
    this.#sending = []
    this.#current = undefined
    if (this.#waiting.length >= this.#options.maxBatchSize) this.#sendNext()
    else this.#schedule()
  }
}
