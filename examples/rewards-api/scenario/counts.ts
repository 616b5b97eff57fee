import { assert } from '../../support/assert.ts'
import { scrape, sumOf } from '../../support/exposition.ts'
import type { Service } from '../../support/services.ts'
import type { Stage } from '../../support/stage.ts'
import type { Paid } from './audit-trail.ts'

/** What the scenario has sent to two routes, on which nobody else sends anything. */
const SENT = { '/quizzes/:id/submissions': 6, '/courses/:id/credentials': 5 }

/** From how much on a reward is of which size, the largest first. */
const SIZES = [
  [100, '100+'],
  [50, '50-100'],
  [10, '10-50'],
  [0, '0-10'],
] as const

/** Counters say how often something happened, to the last time. */
export async function proveCounts(
  { prove }: Stage,
  api: Service,
  paid: readonly Paid[],
): Promise<void> {
  const samples = await scrape(api.metricsUrl)
  const expectSum = (name: string, labels: Record<string, string>, expected: number): void => {
    const found = sumOf(samples, name, labels)
    assert(found === expected, `${name}${JSON.stringify(labels)} is ${found}, not ${expected}`)
  }
  await prove('requests are counted and timed, each once', () => {
    for (const [route, times] of Object.entries(SENT)) {
      expectSum('http_requests_total', { route }, times)
      expectSum('http_request_duration_seconds_count', { route }, times)
    }
  })
  await prove('rewards are counted once, by their size, and credentials once', () => {
    const sizes = paid.map(({ amount }) => SIZES.find(([least]) => Number(amount) >= least)?.[1])
    for (const [, size] of SIZES) {
      const labels = { status: 'success', amount_bucket: size }
      expectSum('reward_claims_total', labels, sizes.filter((each) => each === size).length)
    }
    // Both while the chain was away.
    expectSum('reward_claims_total', { status: 'failed', amount_bucket: '100+' }, 2)
    expectSum('reward_claims_total', { status: 'failed' }, 2)
    // It was asked for three times.
    expectSum('credentials_minted_total', { course_id: 'stellar' }, 1)
  })
  await prove('quizzes that were passed are counted apart from the others', () => {
    expectSum('quizzes_completed_total', { passed: 'true' }, 3)
    expectSum('quizzes_completed_total', { passed: 'false' }, 1)
  })
}
