import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { BatchQueue, type BatchQueueOptions } from '../../../src/core/batch-queue.ts'
import { createDeferred, type Deferred } from '../support/deferred.ts'

/** A sender that keeps every batch, and answers when the test lets it. */
class Sender {
  readonly batches: number[][] = []
  readonly #answers: Deferred<void>[] = []

  readonly send = (batch: number[]): Promise<void> => {
    this.batches.push([...batch])
    const answer = createDeferred()
    this.#answers.push(answer)
    return answer.promise
  }

  /** Ends the oldest batch on its way, and lets the queue notice. */
  async answer(error?: Error): Promise<void> {
    const oldest = this.#answers.shift()
    if (error) oldest?.reject(error)
    else oldest?.resolve()
    await sleep(0)
  }
}

function createQueue(options: Partial<BatchQueueOptions<number>> = {}) {
  const sender = new Sender()
  const dropped: number[] = []
  const queue = new BatchQueue<number>({
    maxQueueSize: 10,
    maxBatchSize: 3,
    scheduledDelayMillis: 60_000,
    send: sender.send,
    onDrop: () => dropped.push(1),
    ...options,
  })
  return { queue, sender, dropped }
}

describe('batches', () => {
  test('a full batch leaves in the next turn, less waits for the delay', async () => {
    const { queue, sender } = createQueue()

    queue.add(1)
    queue.add(2)
    await nextTurn()
    expect(sender.batches).toEqual([])

    queue.add(3)
    await nextTurn()
    expect(sender.batches).toEqual([[1, 2, 3]])
  })

  test('a full batch is still there for process.exit() in the turn that filled it', () => {
    const { queue, sender } = createQueue()

    for (const item of [1, 2, 3]) queue.add(item)

    expect(sender.batches).toEqual([])
    expect(queue.takeWaiting()).toEqual([1, 2, 3])
  })

  test('a batch that is not full leaves when the delay has passed', async () => {
    const { queue, sender } = createQueue({ scheduledDelayMillis: 5 })

    queue.add(1)
    await expect.poll(() => sender.batches).toEqual([[1]])
  })

  test('only one batch is on its way, and the next one follows when it has ended', async () => {
    const { queue, sender } = createQueue()

    for (let item = 1; item <= 7; item += 1) queue.add(item)
    await nextTurn()
    expect(sender.batches).toEqual([[1, 2, 3]])

    await sender.answer()
    expect(sender.batches).toEqual([
      [1, 2, 3],
      [4, 5, 6],
    ])

    await sender.answer()
    expect(sender.batches).toHaveLength(2)
    expect(queue.size).toBe(1)
  })

  test('no batch is larger than the limit, whatever has piled up', async () => {
    const { queue, sender } = createQueue({ maxBatchSize: 4 })

    for (let item = 1; item <= 10; item += 1) queue.add(item)
    const flushed = queue.flush(1_000)
    for (let answers = 0; answers < 3; answers += 1) await sender.answer()
    await flushed

    expect(sender.batches).toEqual([
      [1, 2, 3, 4],
      [5, 6, 7, 8],
      [9, 10],
    ])
  })
})

describe('the bound', () => {
  test('what is on its way counts, and each item without room is told of', async () => {
    const { queue, sender, dropped } = createQueue({ maxQueueSize: 4 })

    for (let item = 1; item <= 6; item += 1) queue.add(item)
    await nextTurn()
    expect(queue.size).toBe(4)
    expect(dropped).toHaveLength(2)

    await sender.answer()
    expect(queue.size).toBe(1)
    queue.add(7)
    expect(dropped).toHaveLength(2)
  })

  test('a closed queue refuses', () => {
    const { queue, dropped } = createQueue()

    queue.close()
    queue.add(1)

    expect(queue.size).toBe(0)
    expect(dropped).toHaveLength(1)
  })
})

describe('a flush', () => {
  test('sends what waits and waits for what is on its way', async () => {
    const { queue, sender } = createQueue()
    for (let item = 1; item <= 4; item += 1) queue.add(item)
    let done = false
    const flushed = queue.flush(1_000).then(() => (done = true))

    await sender.answer()
    expect(sender.batches).toEqual([[1, 2, 3], [4]])
    expect(done).toBe(false)

    await sender.answer()
    await flushed
    expect(queue.size).toBe(0)
  })

  test('ends although new items keep coming', async () => {
    const { queue, sender } = createQueue({
      maxQueueSize: 1_000,
      send: async (batch) => {
        sender.batches.push([...batch])
        await sleep(1)
      },
    })
    let next = 0
    const load = setInterval(() => {
      for (let count = 0; count < 4; count += 1) queue.add((next += 1))
    }, 1)
    try {
      await sleep(10)
      const before = next
      await queue.flush(2_000)

      expect(Math.max(...sender.batches.flat())).toBeGreaterThanOrEqual(before)
    } finally {
      clearInterval(load)
    }
    expect(queue.size).toBeGreaterThan(0)
  })

  test('gives up at its deadline', async () => {
    const { queue, sender } = createQueue()
    queue.add(1)
    const start = performance.now()

    await queue.flush(20)

    expect(performance.now() - start).toBeLessThan(1_000)
    expect(sender.batches).toEqual([[1]])
    expect(queue.size).toBe(1)
  })

  test.each([0, -1])('with %d ms left sends nothing and waits for nothing', async (millis) => {
    const { queue, sender } = createQueue()
    queue.add(1)

    await queue.flush(millis)

    expect(sender.batches).toEqual([])
  })

  test('of an empty queue ends at once', async () => {
    await expect(createQueue().queue.flush(60_000)).resolves.toBeUndefined()
  })

  test('may be asked for twice at the same time', async () => {
    const { queue, sender } = createQueue()
    queue.add(1)

    const flushes = Promise.all([queue.flush(1_000), queue.flush(1_000)])
    await sender.answer()
    await flushes

    expect(sender.batches).toEqual([[1]])
  })
})

describe('a sender that fails', () => {
  test('does not stop the queue, and its batch is not sent again', async () => {
    const { queue, sender } = createQueue()
    for (let item = 1; item <= 6; item += 1) queue.add(item)

    await nextTurn()
    await sender.answer(new Error('away'))
    await nextTurn()
    await sender.answer()

    expect(sender.batches).toEqual([
      [1, 2, 3],
      [4, 5, 6],
    ])
    expect(queue.size).toBe(0)
  })

  test('may also throw where it should reject', async () => {
    let attempts = 0
    const { queue } = createQueue({
      send: () => {
        attempts += 1
        throw new Error('at once')
      },
    })

    for (let item = 1; item <= 3; item += 1) queue.add(item)
    await sleep(0)
    queue.add(4)
    await queue.flush(1_000)

    expect(attempts).toBe(2)
    expect(queue.size).toBe(0)
  })

  test('ends a flush like one that succeeds', async () => {
    const { queue, sender } = createQueue()
    queue.add(1)

    const flushed = queue.flush(60_000)
    await sender.answer(new Error('away'))

    await expect(flushed).resolves.toBeUndefined()
  })
})

describe('a process that is about to end', () => {
  test('hurries what waits already', async () => {
    const { queue, sender } = createQueue()
    queue.add(1)

    queue.hurry(1)

    await expect.poll(() => sender.batches).toEqual([[1]])
  })

  test('hurries what comes later', async () => {
    const { queue, sender } = createQueue()

    queue.hurry(1)
    queue.add(1)

    await expect.poll(() => sender.batches).toEqual([[1]])
  })

  test('is never slowed down by hurrying', async () => {
    const { queue, sender } = createQueue({ scheduledDelayMillis: 1 })

    queue.hurry(60_000)
    queue.add(1)

    await expect.poll(() => sender.batches).toEqual([[1]])
  })

  test('takes what waits, but not what is on its way', async () => {
    const { queue, sender } = createQueue()
    for (let item = 1; item <= 5; item += 1) queue.add(item)
    await nextTurn()

    expect(queue.takeWaiting()).toEqual([4, 5])
    expect(queue.takeWaiting()).toEqual([])
    expect(queue.size).toBe(3)

    await sender.answer()
    expect(sender.batches).toEqual([[1, 2, 3]])
    expect(queue.size).toBe(0)
  })

  test('takes what is on its way too, where nothing of it has been sent', async () => {
    const { queue } = createQueue()
    for (let item = 1; item <= 5; item += 1) queue.add(item)
    await nextTurn()

    expect(queue.takeWaiting(true)).toEqual([1, 2, 3, 4, 5])
  })

  test('ends a flush whose items were taken', async () => {
    const { queue, sender } = createQueue()
    for (let item = 1; item <= 5; item += 1) queue.add(item)

    const flushed = queue.flush(60_000)
    queue.takeWaiting()
    await sender.answer()

    await expect(flushed).resolves.toBeUndefined()
  })
})

describe('sizes', () => {
  const sized = { sizeOf: (item: number) => item, maxBatchSum: 100, maxQueueSum: 300 }

  test('a batch is as large as it may be, and an item that is larger is one by itself', async () => {
    const { queue, sender } = createQueue({ ...sized, maxBatchSize: 10 })

    for (const item of [40, 60, 30, 120, 10]) queue.add(item)
    const flushed = queue.flush(1_000)
    for (let batch = 0; batch < 4; batch += 1) await sender.answer()
    await flushed

    expect(sender.batches).toEqual([[40, 60], [30], [120], [10]])
  })

  test('a batch that is large enough leaves in the next turn', async () => {
    const { queue, sender } = createQueue(sized)

    queue.add(100)
    await nextTurn()

    expect(sender.batches).toEqual([[100]])
  })

  test('what has no room by its size is dropped, those on their way included, and there is room again', async () => {
    const { queue, sender, dropped } = createQueue(sized)

    for (const item of [100, 150, 60, 50]) queue.add(item)
    await nextTurn()
    queue.add(1)
    expect([dropped.length, queue.size]).toEqual([2, 3])
    await sender.answer()
    queue.add(100)

    expect([dropped.length, queue.size]).toEqual([2, 3])
  })

  test('what was handed out for the last flush takes no room any more', () => {
    const { queue, dropped } = createQueue(sized)
    queue.add(300)
    queue.takeWaiting()

    queue.add(300)

    expect(dropped).toEqual([])
  })
})
