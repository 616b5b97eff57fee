import { counter, defineMetrics, gauge, histogram, upTo } from 'telltale'
import { FAILURE_REASONS } from './authentication.ts'

/** What a certificate can be used for. */
export const PROFILES = ['server', 'client'] as const

export type Profile = (typeof PROFILES)[number]

// What HTTP itself does not know is `_OTHER`.
const method = upTo(10)
const ca = upTo(20)
const OPERATIONS = ['ListCertificateAuthorities', 'IssueCertificate', 'GetCertificate'] as const

/** The team's metrics, with the team's names and labels. */
export const metrics = defineMetrics({
  requests: counter({
    name: 'certificate_api_requests_total',
    description: 'Requests answered.',
    labels: { method, status: upTo(30) },
  }),
  duration: histogram({
    name: 'certificate_api_request_duration_seconds',
    unit: 's',
    description: 'Time from a request to the end of its answer.',
    labels: { method },
  }),
  // The team's own histogram has neither a route nor a boundary at 2 s, which the targets need.
  routeDuration: histogram({
    name: 'certificate_api_route_duration_seconds',
    unit: 's',
    description: 'Time from a request to the end of its answer, by route.',
    labels: { method, route: upTo(20) },
    buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10],
  }),
  activeCertificates: gauge({
    name: 'certificate_api_active_certificates',
    description: 'Certificates that are valid.',
    labels: { ca },
  }),
  expiringSoon: gauge({
    name: 'certificate_api_certificates_expiring_soon',
    description: 'Certificates that are valid for no more than so many days.',
    labels: { days: ['7', '3', '1'], ca },
  }),
  issued: counter({
    name: 'certificate_api_certificates_issued_total',
    description: 'Certificates issued.',
    labels: { profile: PROFILES, ca },
  }),
  renewed: counter({
    name: 'certificate_api_certificates_renewed_total',
    description: 'Certificates issued in the place of others.',
    labels: { profile: PROFILES, ca },
  }),
  up: gauge({
    name: 'certificate_api_up',
    description: 'Whether the service runs: 1, or 0 while it starts and ends.',
  }),
  connectionsActive: gauge({
    name: 'certificate_api_database_connections_active',
    description: 'Connections to the database that are in use.',
  }),
  connectionsMax: gauge({
    name: 'certificate_api_database_connections_max',
    description: 'Connections to the database at the most.',
  }),
  queryDuration: histogram({
    name: 'certificate_api_database_query_duration_seconds',
    unit: 's',
    description: 'Time of a query, the wait for a connection included.',
    labels: { query: ['insert', 'find', 'count'] },
  }),
  pcaCalls: counter({
    name: 'certificate_api_pca_api_calls_total',
    description: "Calls of the private CA's API.",
    labels: { operation: OPERATIONS, status: ['success', 'error'] },
  }),
  pcaLatency: histogram({
    name: 'certificate_api_pca_api_latency_seconds',
    unit: 's',
    description: "Time of a call of the private CA's API; signing is part of GetCertificate.",
    labels: { operation: OPERATIONS },
  }),
  authenticationFailures: counter({
    name: 'certificate_api_authentication_failures_total',
    description: 'Requests whose caller did not prove who they are.',
    labels: { reason: FAILURE_REASONS },
  }),
  caExpiry: gauge({
    name: 'certificate_api_ca_certificate_expiry_seconds',
    unit: 's',
    description: "Time until the authority's own certificate expires.",
    labels: { ca },
  }),
})

/** A call of the private CA that is timed and counted. */
export type PcaOperation = (typeof OPERATIONS)[number]
