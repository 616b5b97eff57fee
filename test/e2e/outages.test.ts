import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startStack, type Stack } from '../../deploy/stack/stack.ts'
import { eventually } from '../../examples/support/eventually.ts'
import { readTrace } from '../../examples/support/traces.ts'
import { createUuidV7 } from '../../examples/rewards-api/src/uuid-v7.ts'
import { countAudit, storedIds } from './support/audit-counts.ts'
import { recordedAs } from './support/recorded-as.ts'
import { startProbe } from './support/probe.ts'
import { startRewards } from './support/rewards-system.ts'

// How long an audit call waits for the commit; 10 s unless it is set.
const soonTold = { TELLTALE_AUDIT_TIMEOUT_MILLIS: '2000' }
const open = new AsyncDisposableStack()
let stack: Stack

beforeAll(async () => {
  stack = open.use(await startStack())
})
afterAll(async () => open.disposeAsync())

test('with the Collector killed requests go on, and after its return spans and records arrive again', async () => {
  await using rewards = await startRewards(stack, {
    name: 'rewards-outage',
  })
  const collector = stack.component('collector')
  const quiz = await rewards.passQuiz('ada')
  const traffic = startTraffic(`${rewards.api.url}/health`)
  await sleep(300)

  collector.kill('SIGKILL')
  await eventually(
    'its end',
    async () => collector.isRunning,
    (isRunning) => !isRunning,
    {
      withinMillis: 5_000,
    },
  )
  const during = await rewards.claimAs('ada', quiz)
  await collector.start()
  const after = await rewards.claimAs('ada', await rewards.passQuiz('ada'))
  const { statuses, slowestMillis } = await traffic.stop()

  expect(new Set(statuses)).toEqual(new Set([200]))
  expect(statuses.length).toBeGreaterThan(20)
  expect(slowestMillis).toBeLessThan(2_000)
  expect(during).toMatchObject({ status: 200, body: { status: 'claimed' } })
  expect(after).toMatchObject({ status: 200, body: { status: 'claimed' } })
  expect(await rewards.paymentsMade()).toBe(2)
  const rows = await recordedAs(stack, 'target_id', `${quiz}-ada`)
  expect(rows).toHaveLength(1)
  const spans = await eventually(
    'the trace after the outage',
    async () => readTrace(stack.addresses.jaeger, after.traceId),
    (spans) => spans.some((span) => span.kind === 'server' && span.service === 'rewards-outage'),
    { withinMillis: 20_000 },
  )
  expect(spans.some((span) => span.isError)).toBe(false)
})

test('with PostgreSQL stopped whoever waits for the commit is told so, and after its return the record is stored by itself', async () => {
  await using probe = await startProbe(stack.addresses, 'probe-postgres', soonTold)
  const postgres = stack.component('postgres')
  const [before, during] = [createUuidV7(), createUuidV7()]

  expect(await probe.record(before)).toMatchObject({ status: 200 })
  await postgres.stop({ mode: 'fast' })
  const told = await probe.record(during)
  await postgres.start()

  expect(told).toMatchObject({ status: 503, code: 'TELLTALE_AUDIT_UNAVAILABLE' })
  expect(await eventuallyStored([before, during])).toEqual([before, during].toSorted())
  expect(await countAudit(stack.addresses.postgres)).toMatchObject({ conflicts: 0, quarantine: 0 })
})

test('with PostgreSQL killed under load no caller notices, and every record is stored once', async () => {
  await using probe = await startProbe(stack.addresses, 'probe-killed')
  const postgres = stack.component('postgres')
  const sent: string[] = []
  const over = new AbortController()
  const send = async (): Promise<number[]> => {
    const statuses: number[] = []
    while (!over.signal.aborted) {
      const id = createUuidV7()
      statuses.push((await probe.record(id, 'spooled')).status)
      sent.push(id)
    }
    return statuses
  }
  const sending = Promise.all(Array.from({ length: 8 }, send))
  await sleep(300)
  await postgres.stop({ mode: 'immediate' })
  await sleep(300)
  await postgres.start()
  over.abort()
  const statuses = (await sending).flat()

  expect(new Set(statuses)).toEqual(new Set([200]))
  expect(sent.length).toBeGreaterThan(100)
  expect(await eventuallyStored(sent)).toEqual(sent.toSorted())
  expect(await countAudit(stack.addresses.postgres)).toMatchObject({ conflicts: 0, quarantine: 0 })
})

/** The ids that are stored, in order, once there are as many as were sent, or in vain. */
async function eventuallyStored(ids: readonly string[]): Promise<string[]> {
  const stored = await eventually(
    'the records',
    async () => storedIds(stack.addresses.postgres, ids),
    (found) => found.length >= ids.length,
    { withinMillis: 60_000 },
  )
  return stored.toSorted()
}

interface Traffic {
  stop(): Promise<{ readonly statuses: number[]; readonly slowestMillis: number }>
}

function startTraffic(url: string): Traffic {
  const statuses: number[] = []
  let slowestMillis = 0
  const over = new AbortController()
  const send = async (): Promise<void> => {
    while (!over.signal.aborted) {
      const start = performance.now()
      const { status } = await fetch(url)
      statuses.push(status)
      slowestMillis = Math.max(slowestMillis, performance.now() - start)
      await sleep(20)
    }
  }
  const sending = send()
  return {
    stop: async () => {
      over.abort()
      await sending
      return { statuses, slowestMillis }
    },
  }
}
