import { expect, test } from 'vitest'
import { checkMetric } from '../../../examples/support/check-metric.ts'
import type { PromisedMetric } from '../../../examples/support/contract.ts'
import { parseFamilies } from '../../../examples/support/families.ts'

const TEXT = `# HELP http_requests_total Requests answered.
# TYPE http_requests_total counter
http_requests_total{method="GET",status="200"} 3
http_requests_total{method="GET",status="500"} 0
# HELP http_request_duration_seconds Time to the answer.
# TYPE http_request_duration_seconds histogram
http_request_duration_seconds_count{method="GET"} 3
http_request_duration_seconds_sum{method="GET"} 0.3
http_request_duration_seconds_bucket{method="GET",le="0.1"} 2
http_request_duration_seconds_bucket{method="GET",le="2.5"} 3
http_request_duration_seconds_bucket{method="GET",le="+Inf"} 3
# HELP idle_total Never counted.
# TYPE idle_total counter
idle_total 0
# TYPE up gauge
up 1
# HELP empty Never set.
# TYPE empty gauge
`
const families = parseFamilies(TEXT)

const requests: PromisedMetric = {
  kind: 'metric',
  name: 'http_requests_total',
  type: 'counter',
  labels: ['status', 'method'],
  values: { status: ['200', '500'] },
}
const duration: PromisedMetric = {
  kind: 'metric',
  name: 'http_request_duration_seconds',
  type: 'histogram',
  labels: ['method'],
  buckets: [0.1, 2.5],
}

test('a metric that is as promised has nothing wrong with it', () => {
  expect(checkMetric(requests, families)).toBeUndefined()
  expect(checkMetric({ ...requests, counted: { status: ['200'] } }, families)).toBeUndefined()
  expect(checkMetric(duration, families)).toBeUndefined()
})

test('a counter of what did not happen may say so', () => {
  const idle = { ...requests, name: 'idle_total', labels: [], values: {}, mayBeZero: true }
  expect(checkMetric(idle, families)).toBeUndefined()
})

test.each([
  ['another name', { ...requests, name: 'http_requests' }, 'there is no such metric'],
  ['another type', { ...requests, type: 'gauge' as const }, 'it is a counter, not a gauge'],
  [
    'a label that was not promised',
    { ...requests, labels: ['method'] },
    'a series has the labels {method, status}, not {method}',
  ],
  [
    'a label that is missing',
    { ...duration, labels: ['method', 'route'] },
    'a series has the labels {method}, not {method, route}',
  ],
  ['another boundary', { ...duration, buckets: [0.1, 2] }, 'its buckets are 0.1 2.5, not 0.1 2'],
  [
    'a value nobody saw',
    { ...requests, values: { status: ['404'] } },
    'no series has status="404"',
  ],
  [
    'a value that is there and was never counted',
    { ...requests, counted: { status: ['500'] } },
    'it has counted nothing: no series has status="500"',
  ],
  [
    'a counter that nobody feeds',
    { ...requests, name: 'idle_total', labels: [], values: {} },
    'it has counted nothing',
  ],
  [
    'no HELP',
    { ...requests, name: 'up', type: 'gauge' as const, labels: [] },
    'it has no HELP text',
  ],
  [
    'no series',
    { ...requests, name: 'empty', type: 'gauge' as const, labels: [] },
    'it has no series',
  ],
])('%s is found out', (_what, promised, reason) => {
  expect(checkMetric(promised, families)).toBe(reason)
})
