import { setImmediate as turn, setTimeout as wait } from 'node:timers/promises'
import { monitorEventLoopDelay } from 'node:perf_hooks'

// A process of one producer: it calls `record(number)` as it is told and reports what came of it. The same feeder drives
// what is measured and its yardstick.

/** Callers that wait at a time in a burst: about as many requests as a busy service has under way. */
const MAX_UNDER_WAY = 1_024
const RECORDS_PER_TURN = 64

let number = 0

/** Answers the orders of the parent process with `record`. */
export function serveOrders(record) {
  const orders = {
    burst: ({ millis }) => burst(record, millis),
    paced: ({ millis, perSecond }) => paced(record, millis, perSecond),
    one: () => one(record),
  }
  const answer = async (order) => {
    const before = process.cpuUsage()
    const result = await orders[order.kind](order)
    const { user, system } = process.cpuUsage(before)
    process.send({ ...result, cpuMicros: user + system })
  }
  process.on('message', (order) => {
    answer(order).catch((error) => {
      console.error(error)
      process.exit(1)
    })
  })
  // Whatever becomes of the benchmark, nothing of it stays behind.
  process.on('disconnect', () => process.exit())
  process.send({ ready: true })
}

/** As many as it can, until the time is over and every promise kept. */
async function burst(record, millis) {
  const startedAt = performance.now()
  const state = { records: 0, underWay: 0, failure: undefined, wake: () => {} }
  const settle = () => {
    state.underWay -= 1
    state.wake()
  }
  const fail = (error) => {
    state.failure = error
    settle()
  }
  const waitForAnswer = () => new Promise((resolve) => (state.wake = resolve))
  while (performance.now() - startedAt < millis && !state.failure) {
    for (let each = 0; each < RECORDS_PER_TURN; each += 1) {
      state.underWay += 1
      state.records += 1
      record((number += 1)).then(settle, fail)
    }
    while (state.underWay >= MAX_UNDER_WAY) await waitForAnswer()
    await turn()
  }
  while (state.underWay > 0) await waitForAnswer()
  if (state.failure) throw state.failure
  return { records: state.records, millis: performance.now() - startedAt }
}

/** A steady number per second, in small portions as requests would bring them; with 0 only the clock runs. */
async function paced(record, millis, perSecond) {
  const delay = monitorEventLoopDelay({ resolution: 1 })
  const portion = Math.ceil((2 * perSecond) / 1_000)
  let records = 0
  let failure
  const startedAt = performance.now()
  delay.enable()
  await new Promise((resolve) => {
    const timer = setInterval(() => {
      const elapsed = performance.now() - startedAt
      if (elapsed >= millis || failure) {
        clearInterval(timer)
        resolve()
        return
      }
      // After a pause it catches up in portions of twice the usual size, not all at once.
      const due = Math.min(portion, Math.floor((elapsed * perSecond) / 1_000) - records)
      for (let each = 0; each < due; each += 1) {
        record((number += 1)).catch((error) => (failure = error))
      }
      records += Math.max(due, 0)
    }, 1)
  })
  delay.disable()
  await wait(50)
  if (failure) throw failure
  return { records, p50Millis: delay.percentile(50) / 1e6, p99Millis: delay.percentile(99) / 1e6 }
}

async function one(record) {
  const startedAt = performance.now()
  await record((number += 1))
  return { micros: (performance.now() - startedAt) * 1_000 }
}
