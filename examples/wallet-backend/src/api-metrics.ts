import { counter, defineMetrics, gauge, histogram, upTo } from 'telltale'

const method = upTo(10)
const endpoint = upTo(50)

/** The metrics of the API, with the team's names and labels. */
export const apiMetrics = defineMetrics({
  requests: counter({
    name: 'http_requests_total',
    description: 'Requests answered.',
    labels: { method, endpoint, status: upTo(30) },
  }),
  duration: histogram({
    name: 'http_request_duration_seconds',
    unit: 's',
    description: 'Time from a request to the end of its answer.',
    labels: { method, endpoint },
  }),
  authenticationAttempts: counter({
    name: 'authentication_attempts_total',
    description: 'Log-ins and token refreshes.',
    labels: { result: ['success', 'failure'] },
  }),
  poolConnections: gauge({
    name: 'db_pool_connections',
    description: 'Connections to the database, by what they do.',
    labels: { state: ['active', 'idle', 'waiting'] },
  }),
})
