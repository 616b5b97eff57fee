import { withDeadline } from './deadline.ts'

/** Bounds and pace of a batch queue. */
export interface BatchQueueOptions<Item> {
  /** Items held at the most, those on their way included; beyond it new ones are dropped. */
  readonly maxQueueSize: number
  readonly maxBatchSize: number
  /** About how large an item is; by default items have no size. */
  readonly sizeOf?: (item: Item) => number
  /** Largest sum of sizes held; beyond it new items are dropped. Default no limit. */
  readonly maxQueueSum?: number
  /** Largest sum of sizes of a batch; an item that is larger by itself is a batch of its own. Default no limit. */
  readonly maxBatchSum?: number
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
  /** Sizes of what waits, one by one, and their sum. */
  #sizes: number[] = []
  #waitingSum = 0
  #sendingSum = 0
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
    const { maxQueueSize, maxQueueSum = Infinity, sizeOf } = this.#options
    if (this.#closed || this.size >= maxQueueSize) {
      this.#options.onDrop()
      return
    }
    const size = sizeOf?.(item) ?? 0
    if (this.#waitingSum + this.#sendingSum + size > maxQueueSum) {
      this.#options.onDrop()
      return
    }
    this.#waiting.push(item)
    this.#sizes.push(size)
    this.#waitingSum += size
    if (this.#isBatchFull()) this.#sendSoon()
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
    this.#sizes = []
    this.#waitingSum = 0
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
    const count = this.#nextCount()
    const batch = this.#waiting.slice(0, count)
    this.#sendingSum = this.#sizes.slice(0, count).reduce((sum, size) => sum + size, 0)
    this.#waitingSum -= this.#sendingSum
    this.#waiting = this.#waiting.slice(count)
    this.#sizes = this.#sizes.slice(count)
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
    this.#sendingSum = 0
    this.#current = undefined
    if (this.#isBatchFull()) this.#sendNext()
    else this.#schedule()
  }

  #isBatchFull(): boolean {
    const { maxBatchSize, maxBatchSum = Infinity } = this.#options
    return this.#waiting.length >= maxBatchSize || this.#waitingSum >= maxBatchSum
  }

  /** How many of what waits are one batch. */
  #nextCount(): number {
    const { maxBatchSize, maxBatchSum = Infinity } = this.#options
    if (this.#waitingSum <= maxBatchSum) return Math.min(this.#waiting.length, maxBatchSize)
    let count = 0
    let sum = 0
    while (count < this.#waiting.length && count < maxBatchSize) {
      sum += this.#sizes[count]!
      if (count > 0 && sum > maxBatchSum) break
      count += 1
    }
    return count
  }
}
