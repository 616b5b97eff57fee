import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createPacer } from '../../../../src/audit/delivery/pacer.ts'

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }))
afterEach(() => void vi.useRealTimers())

/** How long the next attempt has to wait. */
async function waitFor(pacer: ReturnType<typeof createPacer>): Promise<number> {
  const begin = performance.now()
  const turn = pacer.turn()
  await vi.runAllTimersAsync()
  await turn
  return performance.now() - begin
}

test('an attempt that follows none that failed is due at once', async () => {
  expect(await waitFor(createPacer())).toBe(0)
})

test('the longest pause doubles up to half a minute', async () => {
  const pacer = createPacer(() => 0.999_999)
  const pauses: number[] = []
  for (let round = 0; round < 12; round += 1) {
    pacer.failed(await pacer.turn())
    pauses.push(await waitFor(pacer))
  }

  expect(pauses.slice(0, 4)).toEqual([100, 200, 400, 800])
  expect(Math.max(...pauses)).toBe(30_000)
})

test('the jitter is full: the pause may be anything down to nothing', async () => {
  const pacer = createPacer(() => 0)
  pacer.failed(await pacer.turn())

  expect(await waitFor(pacer)).toBe(0)
})

test('Retry-After is honoured, but no longer than half a minute', async () => {
  const pacer = createPacer(() => 0)
  pacer.failed(await pacer.turn(), 5_000)
  expect(await waitFor(pacer)).toBe(5_000)

  pacer.failed(await pacer.turn(), 86_400_000)
  expect(await waitFor(pacer)).toBe(30_000)
})

test('attempts that were on their way together fail once', async () => {
  const pacer = createPacer(() => 0.999_999)
  const tickets = [await pacer.turn(), await pacer.turn(), await pacer.turn()]
  for (const ticket of tickets) pacer.failed(ticket)

  expect(await waitFor(pacer)).toBe(100)
})

test('success begins the pauses anew', async () => {
  const pacer = createPacer(() => 0.999_999)
  for (let round = 0; round < 5; round += 1) pacer.failed(await pacerTurn(pacer))
  pacer.succeeded()
  expect(pacer.isFailing).toBe(false)
  pacer.failed(await pacerTurn(pacer))

  expect(await waitFor(pacer)).toBe(100)
})

test('whoever is in a hurry does not wait for the pause to end', async () => {
  const pacer = createPacer(() => 0.5)
  pacer.failed(await pacer.turn(), 20_000)
  const begin = performance.now()
  const turn = pacer.turn()
  pacer.hurry()
  await turn

  expect(performance.now() - begin).toBe(0)
})

async function pacerTurn(pacer: ReturnType<typeof createPacer>): Promise<number> {
  const turn = pacer.turn()
  await vi.runAllTimersAsync()
  return turn
}
