import { expect, test } from 'vitest'
import { promqlNames } from '../../support/promql-names.ts'

test.each([
  ['up{job="stack"} == 0', ['up']],
  [
    'sum by (route) (rate(http_requests_total{status_code=~"5.."}[5m])) > 0.01',
    ['http_requests_total'],
  ],
  [
    'histogram_quantile(0.95, sum(rate(a_seconds_bucket[5m])) by (le)) > 1 and on(job) b offset 5m',
    ['a_seconds_bucket', 'b'],
  ],
  [
    'job:errors:rate5m / ignoring(x) group_left() job:all:rate5m',
    ['job:errors:rate5m', 'job:all:rate5m'],
  ],
  [
    'increase(x_total{a="y{z"}[$__rate_interval]) > bool 1e3 or vector(0) unless absent(w)',
    ['x_total', 'w'],
  ],
])('%s asks for %j', (expression, names) => {
  expect(promqlNames(expression)).toEqual(names)
})
