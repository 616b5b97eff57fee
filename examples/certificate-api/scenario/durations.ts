import { assert } from '../../support/assert.ts'
import { scrape, sumOf } from '../../support/exposition.ts'
import type { Service } from '../../support/services.ts'
import type { Stage } from '../../support/stage.ts'

/** What the private CA takes to sign, in seconds; see `CA_SIGNING_MILLIS`. */
const SIGNING_SECONDS = 0.04

/** What is done for a request takes a part of its time: whoever measures in another unit is told so. */
export async function proveDurations({ prove }: Stage, api: Service): Promise<void> {
  await prove(
    "times of queries and of the CA's API are seconds, a part of their requests",
    async () => {
      const samples = await scrape(api.metricsUrl)
      const sum = (name: string, labels: Readonly<Record<string, string>> = {}): number =>
        sumOf(samples, `certificate_api_${name}`, labels)
      const requests = sum('route_duration_seconds_sum')
      const signing = { operation: 'GetCertificate' }
      const parts = {
        queries: ['insert', 'find'].map((query) =>
          sum('database_query_duration_seconds_sum', { query }),
        ),
        calls: ['IssueCertificate', 'GetCertificate'].map((operation) =>
          sum('pca_api_latency_seconds_sum', { operation }),
        ),
      }
      for (const [what, seconds] of Object.entries(parts)) {
        const all = seconds.reduce((total, each) => total + each, 0)
        assert(all < requests, `of ${requests} s of requests, ${all} s were ${what}`)
      }
      const perCall =
        sum('pca_api_latency_seconds_sum', signing) / sum('pca_api_latency_seconds_count', signing)
      assert(perCall >= SIGNING_SECONDS, `a signature takes ${perCall} s`)
    },
  )
}
