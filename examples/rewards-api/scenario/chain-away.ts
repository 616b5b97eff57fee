import { startChain, type SystemPlan } from '../../demo/rewards-system.ts'
import { assert } from '../../support/assert.ts'
import { eventually } from '../../support/eventually.ts'
import { type Sample, scrape, sumOf } from '../../support/exposition.ts'
import { readLogs } from '../../support/logs.ts'
import { untilScraped } from '../../support/prometheus.ts'
import type { Service } from '../../support/services.ts'
import type { Stage } from '../../support/stage.ts'
import type { Paid } from './audit-trail.ts'
import { type Answer, expectStatus, untilHealth } from './client.ts'

/**
 * The chain goes away and comes back slower: claims fail, and succeed when they are sent again.
 *
 * @param send - claims a reward that was not paid yet
 * @returns what was answered when it was paid
 */
export async function loseChain(
  stage: Stage,
  plan: SystemPlan,
  { api, chain }: Record<'api' | 'chain', Service>,
  send: () => Promise<Answer>,
): Promise<Paid> {
  const { stack, open, prove } = stage
  await chain.stop()
  const failed = await send()
  expectStatus(failed, 502, 'a claim without a chain')
  await prove('a request that failed is one error in the log', async () => {
    const query = `{service="rewards-api", level="error"} | trace_id="${failed.traceId}"`
    const lines = await eventually(
      'the error of a request that failed',
      async () => readLogs(stack.addresses.loki, { query }),
      ({ length }) => length > 0,
      { withinMillis: 60_000 },
    )
    assert(lines.length === 1, `it is ${lines.map(({ message }) => message).join(', ')}`)
  })
  await untilHealth(stage, api, 503)
  // A counter has to be seen twice before anybody sees it grow.
  await untilScraped(stack.addresses, 'http_requests_total{job="rewards-api", status_code="502"}')
  expectStatus(await send(), 502, 'another one')

  const variables = { PORT: new URL(plan.chainUrl).port, CHAIN_LATENCY_MILLIS: '600' }
  open.use(await startChain({ ...plan, variables }, 'stellar-rpc-again'))
  const before = await scrape(api.metricsUrl)
  const paid = await send()
  const after = await scrape(api.metricsUrl)
  const repeated = await send()
  assert(paid.body['status'] === 'claimed', `the claim got ${JSON.stringify(paid.body)}`)
  assert(repeated.body['txHash'] === paid.body['txHash'], 'a reward was paid twice')
  await untilHealth(stage, api, 200)

  await prove('a duration fills the buckets from its own on, and no other', () => {
    const claim = { route: '/quizzes/:id/claim', status_code: '200' }
    // The chain alone took 0.6 s.
    for (const [name, labels] of [
      ['http_request_duration_seconds', claim],
      ['stellar_transaction_duration_seconds', { method: 'sendPayment' }],
    ] as const) {
      const grown = (le: string): number => grownBy([before, after], name, { ...labels, le })
      assert(grown('0.5') === 0, `${name} counted 0.6 s as less than 0.5 s`)
      assert(grown('10') === 1 && grown('+Inf') === 1, `${name} did not count it as less than 10 s`)
    }
  })
  return paid.body
}

function grownBy(
  [before, after]: readonly [readonly Sample[], readonly Sample[]],
  name: string,
  labels: Readonly<Record<string, string>>,
): number {
  return sumOf(after, `${name}_bucket`, labels) - sumOf(before, `${name}_bucket`, labels)
}

/** Redis goes away and comes back: the gauge and the check say so. */
export async function loseRedis(stage: Stage, api: Service): Promise<void> {
  const { stack, prove } = stage
  await prove('redis_connected is 0 while Redis is away', async () => {
    const redis = stack.component('redis')
    await redis.stop()
    try {
      const { redis: state } = await untilHealth(stage, api, 503)
      assert(state === 'unhealthy', `the check says ${state}`)
      await untilScraped(stack.addresses, 'redis_connected{job="rewards-api"} == 0')
    } finally {
      await redis.start()
    }
    await untilHealth(stage, api, 200)
    await untilScraped(stack.addresses, 'redis_connected{job="rewards-api"} == 1')
  })
}
