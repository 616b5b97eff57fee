import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startStack, type Stack } from '../../deploy/stack/stack.ts'
import { readAuditRows } from '../../examples/demo/audit-rows.ts'
import { eventually } from '../../examples/demo/eventually.ts'
import { readTrace } from '../../examples/demo/traces.ts'
import { createUuidV7 } from '../../examples/rewards-api/src/uuid-v7.ts'
import { countAudit, storedIds } from './support/audit-counts.ts'
import { startProbe } from './support/probe.ts'
import { startRewards } from './support/rewards-system.ts'

// How long an audit call is tried before it is refused; 10 s unless it is set.
const soonRefused = { TELLTALE_AUDIT_TIMEOUT_MILLIS: '2000' }
const open = new AsyncDisposableStack()
let stack: Stack

beforeAll(async () => {
  stack = open.use(await startStack())
})
afterAll(async () => open.disposeAsync())

test('with the Collector killed requests go on, and after its return spans and records arrive again', async () => {
  await using rewards = await startRewards(stack, {
    name: 'rewards-outage',
    variables: soonRefused,
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
  const after = await rewards.claimAs('ada', quiz)
  const { statuses, slowestMillis } = await traffic.stop()

  expect(new Set(statuses)).toEqual(new Set([200]))
  expect(statuses.length).toBeGreaterThan(20)
  expect(slowestMillis).toBeLessThan(2_000)
  expect(during.status).toBe(503)
  expect(after).toMatchObject({ status: 200, body: { status: 'claimed' } })
  expect(await rewards.paymentsMade()).toBe(1)
  const rows = await readAuditRows(stack.addresses.postgresAuditor, 'target_id', `${quiz}-ada`)
  expect(rows).toHaveLength(1)
  const spans = await eventually(
    'the trace after the outage',
    async () => readTrace(stack.addresses.jaeger, after.traceId),
    (spans) => spans.some((span) => span.kind === 'server' && span.service === 'rewards-outage'),
    { withinMillis: 20_000 },
  )
  expect(spans.some((span) => span.isError)).toBe(false)
})

test('with PostgreSQL stopped an audit call is refused and nothing is half-written; after its return it works', async () => {
  await using probe = await startProbe(stack.addresses, 'probe-postgres', soonRefused)
  const postgres = stack.component('postgres')
  const [before, during] = [createUuidV7(), createUuidV7()]

  expect(await probe.record(before)).toMatchObject({ status: 200 })
  const counts = await countAudit(stack.addresses.postgres)
  await postgres.stop({ mode: 'fast' })
  const refused = await probe.record(during)
  await postgres.start()

  expect(refused).toMatchObject({ status: 503, code: expect.stringMatching(/^TELLTALE_AUDIT_/) })
  expect(await countAudit(stack.addresses.postgres)).toEqual(counts)
  expect(await probe.record(during)).toMatchObject({ status: 200 })
  expect(await countAudit(stack.addresses.postgres)).toEqual({
    ...counts,
    records: counts.records + 1,
  })
})

test('with PostgreSQL killed under load every acknowledged record is stored, and repeats store the others once', async () => {
  await using probe = await startProbe(stack.addresses, 'probe-killed', soonRefused)
  const postgres = stack.component('postgres')
  const ids = Array.from({ length: 400 }, () => createUuidV7())

  // Eight at a time until PostgreSQL is killed; whoever is refused then stops sending.
  const waiting = [...ids]
  const acknowledged: string[] = []
  const refused: string[] = []
  const send = async (): Promise<void> => {
    while (refused.length === 0) {
      const id = waiting.pop() ?? ''
      const { status } = await probe.record(id)
      ;(status === 200 ? acknowledged : refused).push(id)
    }
  }
  const sending = Promise.all(Array.from({ length: 8 }, send))
  await eventually(
    'some records',
    async () => acknowledged.length,
    (count) => count >= 50,
    {
      withinMillis: 10_000,
      everyMillis: 1,
    },
  )
  await postgres.stop({ mode: 'immediate' })
  await sending
  await postgres.start()

  expect(refused.length).toBeGreaterThan(0)
  const stored = await storedIds(stack.addresses.postgres, ids)
  expect(acknowledged.filter((id) => !stored.includes(id))).toEqual([])

  const sent = [...acknowledged, ...refused]
  const repeats = await Promise.all(refused.map(async (id) => probe.record(id)))
  expect(repeats.map(({ status }) => status)).toEqual(refused.map(() => 200))
  expect((await storedIds(stack.addresses.postgres, ids)).sort()).toEqual(sent.sort())
})

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
