import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startStack, type Stack } from '../../deploy/stack/stack.ts'
import type { AuditRow } from '../../examples/support/audit-rows.ts'
import { eventually } from '../../examples/support/eventually.ts'
import { readLogs } from '../../examples/support/logs.ts'
import { scrape, sumOf } from '../../examples/support/exposition.ts'
import { missingHops } from '../../examples/demo/show-trace.ts'
import { readTrace, type Span } from '../../examples/support/traces.ts'
import { type Answer, claim } from '../../examples/demo/traffic.ts'
import { recordedAs } from './support/recorded-as.ts'
import { type RewardsSystem, startRewards } from './support/rewards-system.ts'

const arrival = { withinMillis: 20_000 }
const open = new AsyncDisposableStack()
let stack: Stack
let rewards: RewardsSystem

beforeAll(async () => {
  stack = open.use(await startStack())
  rewards = open.use(await startRewards(stack, { name: 'rewards-api' }))
})
afterAll(async () => open.disposeAsync())

const traceOf = async (traceId: string): Promise<Span[]> =>
  eventually(
    'the whole trace',
    async () => readTrace(stack.addresses.jaeger, traceId),
    (spans) => spans.some((span) => span.kind === 'server' && span.parentSpanId === undefined),
    arrival,
  )

const recordsOf = async ({ traceId }: Answer): Promise<AuditRow[]> =>
  recordedAs(stack, 'trace_id', traceId)

describe('one claim', () => {
  let answer: Answer
  let quiz: string

  beforeAll(async () => {
    quiz = await rewards.passQuiz('ada')
    answer = await rewards.claimAs('ada', quiz)
  })

  test('is answered with what was paid', () => {
    expect(answer).toMatchObject({ status: 200, body: { status: 'claimed', amount: '12.5000000' } })
  })

  test('is one trace over all hops, with the right parents and kinds', async () => {
    const spans = await eventually(
      'all hops',
      async () => traceOf(answer.traceId),
      (spans) => missingHops(spans).length === 0,
      arrival,
    )
    const root = spans.find((span) => span.parentSpanId === undefined)
    const chain = spans.find((span) => span.service === 'rewards-api-chain')
    const call = spans.find((span) => span.spanId === chain?.parentSpanId)

    expect(root).toMatchObject({ kind: 'server', name: 'POST /quizzes/:id/claim' })
    expect(root?.attributes.get('http.route')).toBe('/quizzes/:id/claim')
    expect(chain).toMatchObject({ kind: 'server' })
    expect(call).toMatchObject({ kind: 'client', parentSpanId: root?.spanId })
    // Every other span is a child of the request, and nothing is there twice. Spans start at whole milliseconds, so
    // that two steps of one millisecond may come in either order: only the steps are compared.
    const hops = spans
      .filter((span) => span.parentSpanId === root?.spanId)
      .map((span) => `${span.kind} ${toHop(span)}`)
      .sort()
    expect(hops).toEqual([
      'client INSERT',
      'client POST',
      'client SELECT',
      'client UPDATE',
      'client UPDATE',
      'client get',
      'internal verify JWT',
    ])
    expect(spans).toHaveLength(hops.length + 2)
  })

  test('has log lines that carry its trace id and are found in Loki by it', async () => {
    const lines = await eventually(
      'the log lines',
      async () =>
        readLogs(stack.addresses.loki, {
          query: `{service="rewards-api", level="info"} | trace_id="${answer.traceId}"`,
        }),
      (lines) => lines.some(({ message }) => message.includes('reward claimed')),
      arrival,
    )
    const paid = lines.find(({ message }) => message.includes('reward paid'))
    const spanIds = (await traceOf(answer.traceId)).map((span) => span.spanId)

    expect(paid?.fields).toMatchObject({ userId: 'ada', amount: '12.5000000' })
    expect(spanIds).toContain(paid?.fields['span_id'])
  })

  test('has one audit record, found by its trace id, with what happened in its columns', async () => {
    const rows = await recordsOf(answer)
    const spanIds = (await traceOf(answer.traceId)).map((span) => span.spanId)

    expect(rows).toHaveLength(1)
    const [row] = rows
    expect(row).toMatchObject({
      record_id: answer.body['auditRecordId'],
      event_name: 'reward_claimed',
      actor_id: 'ada',
      actor_type: 'user',
      action: 'claim_reward',
      outcome: 'success',
      target_type: 'quiz_submission',
      target_id: `${quiz}-ada`,
      source_id: '127.0.0.1',
      service_name: 'rewards-api',
      details: { amount: '12.5000000', txHash: answer.body['txHash'] },
    })
    expect(row?.request_id).toMatch(/^[\da-f-]{36}$/)
    expect(spanIds).toContain(row?.span_id)
    expect(Math.abs(Number(row?.occurred_at) - Number(row?.recorded_at))).toBeLessThan(5_000)
  })

  test('is counted and timed under the template of its route, not under its URL', async () => {
    const samples = await scrape(rewards.api.metricsUrl)
    const labels = { method: 'POST', route: '/quizzes/:id/claim', status_code: '200' }

    expect(sumOf(samples, 'http_requests_total', labels)).toBeGreaterThanOrEqual(1)
    expect(
      sumOf(samples, 'http_request_duration_seconds_bucket', { ...labels, le: '10' }),
    ).toBeGreaterThanOrEqual(1)
    expect(
      sumOf(samples, 'http_server_request_duration_seconds_count', {
        http_route: '/quizzes/:id/claim',
      }),
    ).toBeGreaterThanOrEqual(1)
    expect(sumOf(samples, 'redis_connected')).toBe(1)
    expect(JSON.stringify(samples)).not.toContain(quiz)
  })
})

test('a failed authentication pays nothing and is recorded, with the address it came from', async () => {
  const quiz = await rewards.passQuiz('grace')
  const token = await rewards.login.logIn('grace')
  await rewards.login.logOut('grace')
  const request = { user: 'grace', quiz }

  const forged = await claim(rewards.api.url, {
    ...request,
    token: `${token.slice(0, -43)}${'A'.repeat(43)}`,
  })
  const loggedOut = await claim(rewards.api.url, { ...request, token })

  expect([forged.status, loggedOut.status]).toEqual([401, 401])
  const common = {
    event_name: 'authentication_failed',
    outcome: 'failure',
    source_id: '127.0.0.1',
    target_id: '/quizzes/:id/claim',
  }
  expect(await recordsOf(forged)).toMatchObject([
    { ...common, actor_id: 'anonymous', details: { reason: 'wrong signature' } },
  ])
  expect(await recordsOf(loggedOut)).toMatchObject([
    { ...common, actor_id: 'grace', details: { reason: 'session ended' } },
  ])
})

function toHop(span: Span): string {
  const statement = span.attributes.get('db.query.text') ?? span.attributes.get('db.statement')
  return span.kind === 'internal'
    ? span.name
    : ((statement ?? span.name).trim().split(/\s/)[0] ?? '')
}
