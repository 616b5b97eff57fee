import { expect, test } from 'vitest'
import { parseExposition, sumOf } from '../../../examples/support/exposition.ts'

const text = `# HELP http_requests_total HTTP requests answered.
# TYPE http_requests_total counter
http_requests_total{method="GET",route="/a",status_code="200"} 3
http_requests_total{method="GET",route="/b \\"x\\\\",status_code="200"} 4 1700000000000
latency_bucket{le="+Inf"} 2
up 1
`

test('samples are read with their labels, whatever stands in them', () => {
  expect(parseExposition(text)).toEqual([
    {
      name: 'http_requests_total',
      labels: { method: 'GET', route: '/a', status_code: '200' },
      value: 3,
    },
    {
      name: 'http_requests_total',
      labels: { method: 'GET', route: '/b "x\\', status_code: '200' },
      value: 4,
    },
    { name: 'latency_bucket', labels: { le: '+Inf' }, value: 2 },
    { name: 'up', labels: {}, value: 1 },
  ])
})

test('a sum takes the samples whose labels fit', () => {
  const samples = parseExposition(text)

  expect(sumOf(samples, 'http_requests_total')).toBe(7)
  expect(sumOf(samples, 'http_requests_total', { route: '/a' })).toBe(3)
  expect(sumOf(samples, 'nothing')).toBe(0)
})
