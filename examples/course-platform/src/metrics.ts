import { counter, defineMetrics, histogram, upDownCounter, upTo } from 'telltale'

// Templates of unmatched paths come from outside: they are bounded, like everything that comes from there.
const labels = { method: upTo(10), path_template: upTo(200), status_code: upTo(40) }

/** The team's metrics, with the team's names and labels. */
export const metrics = defineMetrics({
  duration: histogram({
    name: 'http_request_duration_seconds',
    unit: 's',
    description: 'Time from a request to the end of its answer; the SLO has its boundary at 0.5.',
    labels,
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
  }),
  requests: counter({
    name: 'http_requests_total',
    description: 'Requests answered.',
    labels,
  }),
  serverErrors: counter({
    name: 'http_server_errors_total',
    description: 'Requests that were answered with a status from 500 to 599.',
    labels,
  }),
  inFlight: upDownCounter({
    name: 'http_requests_in_flight',
    description: 'Requests that are being answered.',
  }),
})
