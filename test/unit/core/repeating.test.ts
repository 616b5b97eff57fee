import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import {
  startRepeating,
  type Repeating,
  type RepeatingOptions,
} from '../../../src/core/repeating.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

function start(options: Partial<RepeatingOptions<unknown>>): Repeating & { ends: string[] } {
  const ends: string[] = []
  const repeating = startRepeating<unknown>({
    every: 1_000,
    timeout: 500,
    jitter: 0,
    immediate: true,
    keepsAlive: false,
    run: () => undefined,
    onEnd: ({ how }, seconds) => void ends.push(`${how} ${seconds.toFixed(1)}`),
    random: () => 0.5,
    ...options,
  })
  return {
    stop: () => repeating.stop(),
    ends,
    get current() {
      return repeating.current
    },
  }
}

const after = (millis: number) => () => new Promise((resolve) => setTimeout(resolve, millis))

/** The times at which runs started in the first `millis`. */
async function startsIn(
  millis: number,
  options: Partial<RepeatingOptions<unknown>>,
): Promise<number[]> {
  const zero = performance.now()
  const starts: number[] = []
  const run = options.run ?? (() => undefined)
  const { stop } = start({
    ...options,
    run: (signal) => {
      starts.push(Math.round(performance.now() - zero))
      return run(signal)
    },
  })
  await vi.advanceTimersByTimeAsync(millis)
  stop()
  return starts
}

describe('when runs start', () => {
  test('at once, and then from start to start', async () => {
    expect(await startsIn(3_500, { run: after(300) })).toEqual([0, 1_000, 2_000, 3_000])
  })

  test('or not at once', async () => {
    expect(await startsIn(2_500, { immediate: false })).toEqual([1_000, 2_000])
  })

  test('earlier and later by the jitter', async () => {
    const chances = [0, 1, 0.5]
    const random = (): number => chances.shift() ?? 0.5

    expect(await startsIn(3_500, { jitter: 0.1, random })).toEqual([0, 900, 2_000, 3_000])
  })

  test('after a tenth of the time when a run took too long', async () => {
    expect(await startsIn(3_500, { run: after(1_500) })).toEqual([0, 1_600, 3_200])
  })
})

test('a run that throws at once has failed, and the next one comes', async () => {
  const { ends, stop } = start({
    run: () => {
      throw new Error('at once')
    },
  })

  await vi.advanceTimersByTimeAsync(1_500)
  stop()

  expect(ends).toEqual(['failed 0.0', 'failed 0.0'])
})

test('a run is late once, and its end is then ignored', async () => {
  const repeating = start({ run: after(700) })

  await vi.advanceTimersByTimeAsync(600)
  expect(repeating.current).toBeDefined()
  await vi.advanceTimersByTimeAsync(300)
  expect(repeating.current).toBeUndefined()
  repeating.stop()

  expect(repeating.ends).toEqual(['late 0.5'])
})

test.each<[string, (reason: unknown) => unknown, string]>([
  ['succeeds', () => 'healthy', 'late 0.5'],
  ['passes the reason on', (reason) => reason, 'late 0.5'],
  [
    'says that it was aborted',
    () => Object.assign(new Error('Request aborted'), { name: 'AbortError' }),
    'late 0.5',
  ],
  ['fails and says more', () => new Error('no answer to PING'), 'failed 0.5'],
  [
    'says more, with the reason as the cause',
    (reason) => new Error('the shop does not answer', { cause: reason }),
    'failed 0.5',
  ],
])('work that, told that its time is over, %s', async (_what, end, told) => {
  const repeating = start({
    run: (signal) =>
      new Promise((resolve, reject) => {
        signal.addEventListener('abort', () => {
          const given = end(signal.reason)
          if (given instanceof Error) reject(given)
          else resolve(given)
        })
      }),
  })

  await vi.advanceTimersByTimeAsync(600)
  repeating.stop()

  expect(repeating.ends).toEqual([told])
})

test.each<[string, unknown]>([
  ['nothing', null],
  [
    'what cannot be read',
    new Proxy(
      {},
      {
        get: () => {
          throw new Error('no')
        },
      },
    ),
  ],
])('work that rejects with %s when its time is over has failed', async (_what, thrown) => {
  const repeating = start({
    run: (signal) =>
      new Promise((_resolve, reject) => {
        // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- anything can be thrown
        signal.addEventListener('abort', () => reject(thrown))
      }),
  })

  await vi.advanceTimersByTimeAsync(600)
  repeating.stop()

  expect(repeating.ends).toEqual(['failed 0.5'])
})

test('who stops can wait for the run that is under way, which is told by its signal', async () => {
  let reason: unknown
  const repeating = start({
    run: (signal) => {
      signal.addEventListener('abort', () => (reason = signal.reason))
      return after(300)()
    },
  })
  await vi.advanceTimersByTimeAsync(10)

  repeating.stop()
  expect(reason).toMatchObject({ name: 'AbortError' })
  const waiting = repeating.current!.ended
  await vi.advanceTimersByTimeAsync(5_000)
  await waiting

  expect(repeating.ends).toEqual(['done 0.3'])
})
