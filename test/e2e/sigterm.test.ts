import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { startStack } from '../../deploy/stack/stack.ts'
import { eventually } from '../../examples/support/eventually.ts'
import { readTrace } from '../../examples/support/traces.ts'
import { recordedAs } from './support/recorded-as.ts'
import { startRewards } from './support/rewards-system.ts'

test('a request under way when SIGTERM comes is answered, and its span and its record arrive', async () => {
  await using stack = await startStack()
  await using slow = await startRewards(stack, { name: 'rewards-slow', chainLatencyMillis: 1_500 })
  const quiz = await slow.passQuiz('ada')

  const claiming = slow.claimAs('ada', quiz)
  // By now the request waits for the chain.
  await sleep(500)
  slow.api.signal('SIGTERM')
  const answer = await claiming
  const answered = performance.now()
  const end = await slow.api.ended

  expect(answer).toMatchObject({ status: 200, body: { status: 'claimed' } })
  expect(answer.millis).toBeGreaterThan(1_400)
  expect(end).toEqual({ code: 0, signal: null })
  expect(performance.now() - answered).toBeLessThan(3_000)
  const spans = await eventually(
    'the span of the request',
    async () => readTrace(stack.addresses.jaeger, answer.traceId),
    (spans) => spans.some((span) => span.parentSpanId === undefined),
    { withinMillis: 20_000 },
  )
  const root = spans.find((span) => span.parentSpanId === undefined)
  expect(root).toMatchObject({ kind: 'server', service: 'rewards-slow', isError: false })
  const rows = await recordedAs(stack, 'trace_id', answer.traceId)
  expect(rows).toHaveLength(1)
})
