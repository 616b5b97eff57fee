import { expect, test } from 'vitest'
import { withDeadline } from '../../../src/core/deadline.ts'
import { createDeferred } from '../support/deferred.ts'

test('work that ends in time is done', async () => {
  await expect(withDeadline(Promise.resolve('x'), 1_000)).resolves.toBe('done')
})

test('work that fails in time has failed, and nothing is thrown', async () => {
  await expect(withDeadline(Promise.reject(new Error('x')), 1_000)).resolves.toBe('failed')
})

test('work that takes longer is late', async () => {
  await expect(withDeadline(new Promise(() => undefined), 5)).resolves.toBe('late')
})

test('work that fails after the deadline is nobody’s unhandled rejection', async () => {
  const work = createDeferred()

  await expect(withDeadline(work.promise, 1)).resolves.toBe('late')
  work.reject(new Error('too late'))
  await new Promise((resolve) => setImmediate(resolve))
})

test.each([
  [true, 1],
  [false, 0],
])('with hold %s the wait keeps the process alive: %d timer', async (hold, timers) => {
  const before = activeTimers()
  const work = createDeferred()

  const waited = withDeadline(work.promise, 60_000, hold)
  expect(activeTimers() - before).toBe(timers)

  work.resolve()
  await waited
  expect(activeTimers()).toBe(before)
})

/** Timers that keep the process alive. */
function activeTimers(): number {
  return process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length
}
