import { afterEach, expect, test, vi } from 'vitest'
import { isTurnOver, nextTurn } from '../../../src/core/event-loop-turn.ts'

afterEach(() => vi.restoreAllMocks())

/** Small steps until the turn is over, each of which takes so long by the clock. */
function work(clock: { now: number }, millis: number): number {
  let steps = 0
  do {
    clock.now += millis
    steps += 1
  } while (!isTurnOver() && steps < 10_000)
  return steps
}

function setClock(): { now: number } {
  const clock = { now: 1_000 }
  vi.spyOn(performance, 'now').mockImplementation(() => clock.now)
  return clock
}

test('work in pieces has about a millisecond of each turn', async () => {
  const clock = setClock()
  for (let turn = 0; turn < 3; turn += 1) {
    const before = clock.now
    work(clock, 0.01)
    expect(clock.now - before).toBeGreaterThan(1)
    expect(clock.now - before).toBeLessThan(1.2)
    await nextTurn()
  }
})

test('all such work shares it: who comes later in the same turn has what is left', async () => {
  const clock = setClock()
  await nextTurn()
  const first = work(clock, 0.001)
  const later = Array.from({ length: 19 }, () => work(clock, 0.001))

  expect(first).toBeGreaterThan(900)
  for (const steps of later) expect(steps).toBeLessThanOrEqual(8)
})

test('between two turns others have theirs', async () => {
  const order: string[] = []
  setImmediate(() => order.push('other'))
  await nextTurn()
  order.push('next')

  expect(order).toEqual(['other', 'next'])
})
