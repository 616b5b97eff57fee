import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, test } from 'vitest'
import { ConfigError } from '../../../src/core/errors.ts'
import { healthResponse } from '../../../src/health/health.ts'
import {
  job,
  stopJobs,
  stoppedJobsEnded,
  type Job,
  type JobOptions,
} from '../../../src/jobs/jobs.ts'
import { jobMetrics } from '../../../src/jobs/metrics.ts'

const started: Job[] = []

afterEach(async () => {
  await Promise.all(started.splice(0).map((each) => each.stop()))
})

function start(
  work: (signal: AbortSignal) => unknown,
  options: Partial<JobOptions> = {},
  name = 'sweep',
): Job {
  const made = job(name, { every: 10, jitter: 0, ...options }, ({ signal }) => work(signal))
  started.push(made)
  return made
}

const SOON = { timeout: 15_000, interval: 5 }
const pause = (millis: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, millis))

test('a job runs again and again, never twice at a time', async () => {
  let running = 0
  let most = 0
  const { status } = start(async () => {
    most = Math.max(most, ++running)
    await pause(30)
    running -= 1
  })

  await expect.poll(() => status().runs, SOON).toBeGreaterThan(2)

  expect(most).toBe(1)
  expect(status()).toMatchObject({ failures: 0, lastSuccess: expect.any(Date), problem: undefined })
})

test('a job that throws goes on', async () => {
  let runs = 0
  const { status } = start(() => {
    runs += 1
    if (runs < 3) throw new Error('not yet, Bearer abcdefgh12345678')
  })

  await expect.poll(() => status().problem, SOON).toBe('not yet, Bearer [redacted]')
  await expect.poll(() => status().lastSuccess, SOON).toBeDefined()

  expect(status()).toMatchObject({ failures: 2, problem: undefined })
})

test('a run that hangs is counted at its deadline, told so, and not started again until it has ended', async () => {
  const gate = Promise.withResolvers<void>()
  let runs = 0
  let reason: unknown
  const { status } = start(
    (signal) => {
      runs += 1
      signal.addEventListener('abort', () => (reason = signal.reason))
      return runs === 1 ? gate.promise : undefined
    },
    { timeout: 30 },
  )

  await expect.poll(() => status().problem, SOON).toMatch(/^no end within/)
  expect(reason).toMatchObject({ name: 'TimeoutError' })
  await pause(60)
  expect(status()).toMatchObject({ runs: 1, failures: 1, isRunning: true })

  gate.resolve()
  await expect.poll(() => status().lastSuccess, SOON).toBeDefined()
  expect(runs).toBeGreaterThan(1)
})

test('the first run may wait', async () => {
  let runs = 0
  start(() => void (runs += 1), { every: 60_000, immediate: false })

  await pause(50)

  expect(runs).toBe(0)
})

describe('stopping', () => {
  test('tells the run that is under way, waits for it, and frees the name', async () => {
    let reason: unknown
    let isDone = false
    const made = start(async (signal) => {
      signal.addEventListener('abort', () => (reason = signal.reason))
      await pause(50)
      isDone = true
    })
    await expect.poll(() => made.status().isRunning, SOON).toBe(true)

    await made.stop()
    await made.stop()

    expect(isDone).toBe(true)
    expect(reason).toMatchObject({ name: 'AbortError' })
    const { runs } = made.status()
    start(() => undefined)
    await pause(50)
    expect(made.status().runs).toBe(runs)
  })

  test('is no failure of the run that says so by rejecting with the reason', async () => {
    const made = start(
      (signal) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason as Error))
        }),
    )
    await expect.poll(() => made.status().isRunning, SOON).toBe(true)

    await made.stop()

    expect(made.status()).toMatchObject({ runs: 0, failures: 0, problem: undefined })
  })

  test.each([
    ['as timers/promises do', (signal: AbortSignal) => sleep(60_000, undefined, { signal })],
    [
      'without the reason, as clients of libraries do',
      (signal: AbortSignal) =>
        new Promise((_resolve, reject) => {
          const gaveUp = Object.assign(new Error('Request aborted'), { name: 'AbortError' })
          signal.addEventListener('abort', () => reject(gaveUp))
        }),
    ],
  ])('is no failure of the run that rejects with an AbortError, %s', async (_who, work) => {
    const made = start(work)
    await expect.poll(() => made.status().isRunning, SOON).toBe(true)

    await made.stop()

    expect(made.status()).toMatchObject({ runs: 0, failures: 0, problem: undefined })
  })

  test('is a failure of the run that throws what it likes', async () => {
    const made = start(
      (signal) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(new Error('half a backup')))
        }),
    )
    await expect.poll(() => made.status().isRunning, SOON).toBe(true)

    await made.stop()

    expect(made.status()).toMatchObject({ runs: 1, failures: 1, problem: 'half a backup' })
  })

  test('does not free the name while a run is under way', async () => {
    const gate = Promise.withResolvers<void>()
    const made = start(() => gate.promise)
    await expect.poll(() => made.status().isRunning, SOON).toBe(true)

    const stopping = made.stop()
    expect(() => start(() => undefined)).toThrow(/"sweep" is there already/)
    gate.resolve()
    await stopping

    expect(start(() => undefined).status().runs).toBe(0)
  })

  test('by its own run does not wait for that run', async () => {
    let isOver = false
    const made = start(async () => {
      expect(made.status().isRunning).toBe(true)
      await made.stop()
      expect(() => start(() => undefined)).toThrow(/"sweep" is there already/)
      isOver = true
    })

    await expect.poll(() => isOver, SOON).toBe(true)
    await expect.poll(() => made.status(), SOON).toMatchObject({ isRunning: false, failures: 0 })
    start(() => undefined)
  })

  test('all of them are stopped together, and waited for', async () => {
    const ends: string[] = []
    for (const name of ['one', 'two']) {
      start(() => pause(50).then(() => ends.push(name)), { every: 60_000 }, name)
    }
    const third = start(() => undefined, {}, 'three')
    await expect.poll(() => third.status().runs, SOON).toBeGreaterThan(0)

    stopJobs()
    await stoppedJobsEnded()

    expect(ends.toSorted()).toEqual(['one', 'two'])
  })
})

const shown = (): unknown =>
  (JSON.parse(healthResponse().body) as { checks: Record<string, unknown> }).checks['job.sweep']

test('a job is a health check if asked', async () => {
  let isWell = false
  const { stop } = start(
    () => {
      if (!isWell) throw new Error('no disk')
    },
    { probes: ['health'] },
  )

  await expect.poll(shown, SOON).toMatchObject({ status: 'degraded', message: 'no disk' })
  isWell = true
  await expect.poll(shown, SOON).toMatchObject({ status: 'healthy', secondsWithoutSuccess: 0 })

  await stop()
  expect(shown()).toBeUndefined()
})

test('a job that has not succeeded for long is unhealthy', async () => {
  start(() => Promise.reject(new Error('no disk')), { timeout: 20, probes: ['ready'] })

  await expect.poll(() => healthResponse({ checks: ['job.sweep'] }).status, SOON).toBe(503)
})

test.each<[string, string, unknown, unknown, RegExp]>([
  ['the same name twice', 'sweep', { every: 10 }, () => 1, /"sweep" is there already/],
  ['a name that is none', 'a job', { every: 10 }, () => 1, /"name".*got "a job"/],
  ['no time', 'other', {}, () => 1, /"every".*got nothing/],
  ['a time that is none', 'other', { every: '5m' }, () => 1, /"every".*got "5m"/],
  ['no work', 'other', { every: 10 }, undefined, /"work" of a job must be a function/],
  ['an unknown option', 'other', { every: 10, cron: '* * * * *' }, () => 1, /no option "cron"/],
  ['no time at all', 'other', { every: 0 }, () => 1, /"every".*got 0/],
  ['a time that is no number', 'other', { every: NaN }, () => 1, /"every"/],
  [
    'a time that no timer can wait',
    'other',
    { every: 2 ** 31 },
    () => 1,
    /"every".*got 2147483648/,
  ],
  ['too much jitter', 'other', { every: 10, jitter: 2 }, () => 1, /"jitter"/],
  ['an unknown probe', 'other', { every: 10, probes: ['alive'] }, () => 1, /"probes"/],
  ['no options', 'other', undefined, () => 1, /options of a job/],
])('%s is refused', (_what, name, options, work, problem) => {
  start(() => undefined)

  const declare = (): unknown => job(name, options as JobOptions, work as () => unknown)

  expect(declare).toThrow(ConfigError)
  expect(declare).toThrow(problem)
})

test('its metrics are declared as :9090 shows them', () => {
  expect(Object.values(jobMetrics).map(({ definition }) => definition.name)).toEqual([
    'telltale_job_runs_total',
    'telltale_job_duration_seconds',
    'telltale_job_last_success_timestamp_seconds',
  ])
})
