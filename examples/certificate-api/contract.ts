import type { Promised } from '../support/contract.ts'

const DEFAULT_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

/** Columns of what somebody did by a request. */
const FROM_A_REQUEST = ['source_id', 'target_type', 'target_id', 'request_id', 'trace_id']

/** What the team of certificate-api was promised. */
export const contract: readonly Promised[] = [
  {
    kind: 'metric',
    name: 'certificate_api_requests_total',
    type: 'counter',
    labels: ['method', 'status'],
    counted: {
      method: ['GET', 'POST'],
      status: ['200', '201', '400', '401', '403', '404', '413', '503'],
    },
  },
  {
    kind: 'metric',
    name: 'certificate_api_request_duration_seconds',
    type: 'histogram',
    labels: ['method'],
    buckets: DEFAULT_BUCKETS,
  },
  {
    kind: 'metric',
    name: 'certificate_api_active_certificates',
    type: 'gauge',
    labels: ['ca'],
    values: { ca: ['internal', 'partners'] },
  },
  {
    kind: 'metric',
    name: 'certificate_api_certificates_expiring_soon',
    type: 'gauge',
    labels: ['days', 'ca'],
    values: { days: ['7', '3', '1'] },
  },
  {
    kind: 'metric',
    name: 'certificate_api_certificates_issued_total',
    type: 'counter',
    labels: ['profile', 'ca'],
    counted: { profile: ['server'], ca: ['internal'] },
  },
  {
    kind: 'metric',
    name: 'certificate_api_certificates_renewed_total',
    type: 'counter',
    labels: ['profile', 'ca'],
    counted: { profile: ['server'], ca: ['internal'] },
  },
  { kind: 'metric', name: 'certificate_api_up', type: 'gauge', labels: [] },
  {
    kind: 'metric',
    name: 'certificate_api_database_connections_active',
    type: 'gauge',
    labels: [],
  },
  {
    kind: 'metric',
    name: 'certificate_api_pca_api_calls_total',
    type: 'counter',
    labels: ['operation', 'status'],
    counted: {
      operation: ['ListCertificateAuthorities', 'IssueCertificate', 'GetCertificate'],
      status: ['success', 'error'],
    },
  },
  {
    kind: 'metric',
    name: 'certificate_api_pca_api_latency_seconds',
    type: 'histogram',
    labels: ['operation'],
    buckets: DEFAULT_BUCKETS,
  },
  {
    kind: 'metric',
    name: 'certificate_api_authentication_failures_total',
    type: 'counter',
    labels: ['reason'],
    counted: {
      reason: ['missing_token', 'expired', 'wrong_signature', 'wrong_claim', 'unreadable'],
    },
  },
  // Needed by the team's alerts; the names are ours.
  {
    kind: 'metric',
    name: 'certificate_api_ca_certificate_expiry_seconds',
    type: 'gauge',
    labels: ['ca'],
  },
  { kind: 'metric', name: 'certificate_api_database_connections_max', type: 'gauge', labels: [] },
  {
    kind: 'metric',
    name: 'certificate_api_database_query_duration_seconds',
    type: 'histogram',
    labels: ['query'],
    counted: { query: ['insert', 'find', 'count'] },
  },
  {
    kind: 'metric',
    name: 'certificate_api_route_duration_seconds',
    type: 'histogram',
    labels: ['method', 'route'],
    buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10],
    counted: {
      route: [
        '/certificates',
        '/certificates/:id',
        '/certificates/:id/renewals',
        '/admin/authorities/refresh',
        '/health',
        '/ready',
      ],
    },
  },

  {
    kind: 'auditEvent',
    name: 'certificate_requested',
    columns: FROM_A_REQUEST,
    values: { actor_id: 'ada', target_type: 'certificate', outcome: 'success' },
    details: ['ca', 'profile', 'subject'],
  },
  {
    kind: 'auditEvent',
    name: 'certificate_issued',
    columns: FROM_A_REQUEST,
    values: { actor_id: 'ada', target_type: 'certificate', outcome: 'success' },
    details: ['ca', 'profile', 'subject', 'serialNumber', 'notAfter'],
  },
  {
    kind: 'auditEvent',
    name: 'certificate_renewed',
    columns: FROM_A_REQUEST,
    values: { actor_id: 'ada', target_type: 'certificate', outcome: 'success' },
    details: ['ca', 'profile', 'subject', 'serialNumber', 'notAfter', 'renewedFrom'],
  },
  {
    kind: 'auditEvent',
    name: 'authentication_failure',
    columns: FROM_A_REQUEST,
    values: { actor_id: 'anonymous', outcome: 'failure' },
    details: ['reason'],
  },
  {
    kind: 'auditEvent',
    name: 'authorization_failure',
    columns: FROM_A_REQUEST,
    values: { actor_id: 'linus', outcome: 'failure' },
    details: ['scope'],
  },
  {
    kind: 'auditEvent',
    name: 'admin_operation',
    columns: FROM_A_REQUEST,
    values: { actor_id: 'grace', outcome: 'success' },
  },
  {
    kind: 'auditEvent',
    name: 'system_error',
    columns: FROM_A_REQUEST,
    values: { actor_type: 'system', outcome: 'failure' },
    details: ['error'],
  },
  {
    kind: 'auditEvent',
    name: 'ca_certificate_refresh',
    values: { actor_type: 'system', target_type: 'certificate_authority', target_id: 'internal' },
    details: ['notAfter'],
  },
  {
    kind: 'auditEvent',
    name: 'ca_certificate_expiry_warning',
    values: { actor_type: 'system', target_type: 'certificate_authority', target_id: 'partners' },
    details: ['notAfter', 'daysLeft'],
  },
  { kind: 'setting', name: 'each certificate issued under load is in the audit trail, once' },
  {
    kind: 'setting',
    name: 'a renewal is recorded with the new certificate and the one it replaces',
  },
  { kind: 'setting', name: 'audit records are neither changed nor deleted' },

  ...['database', 'certificate_authority', 'jwks', 'ca_certificate_expiry'].map(
    (name): Promised => ({ kind: 'healthCheck', name }),
  ),
  { kind: 'setting', name: 'GET /health answers within 100 ms while a dependency hangs' },
  { kind: 'setting', name: 'GET /health answers 503 with the message of what is not healthy' },
  {
    kind: 'setting',
    name: 'GET /health answers {status, checks: {name: {status, message?}}, timestamp}',
  },
  {
    kind: 'setting',
    name: 'GET /ready answers 200 although a CA certificate is about to expire',
  },
  { kind: 'setting', name: 'GET /ready answers 503 while the database cannot be used' },
  { kind: 'setting', name: 'keys that cannot be fetched are no fault of the caller' },
  { kind: 'setting', name: 'JWT_ISSUER and JWT_AUDIENCE' },
  { kind: 'setting', name: 'the log level is set by configuration' },
  { kind: 'setting', name: 'the log level is changed while running' },
  { kind: 'setting', name: 'log lines have time, level, msg, request_id, component' },
  { kind: 'setting', name: 'no token, key or secret appears in log, trace or audit record' },
  { kind: 'setting', name: 'issuance p95 < 2 s under load' },
  { kind: 'setting', name: 'status look-up p95 < 500 ms under load' },
  { kind: 'setting', name: 'health < 100 ms under load' },
  { kind: 'setting', name: 'metrics counted exactly the requests that were sent' },
  {
    kind: 'setting',
    name: "times of queries and of the CA's API are seconds, a part of their requests",
  },
  { kind: 'setting', name: 'the gauges of the pool say what is in use, and how much there is' },
  { kind: 'setting', name: 'counters whose values are declared are there at 0 from the start' },
  { kind: 'setting', name: 'paths that nobody serves become no labels' },
  { kind: 'setting', name: 'active certificates, and those that end in 7, 3 and 1 days' },
  {
    kind: 'setting',
    name: 'a certificate is signed by its authority, for its subject and its use',
  },
  { kind: 'setting', name: 'the metrics server ends with the service' },
  {
    kind: 'setting',
    name: 'the alert on a CA certificate that expires in less than 30 days fires',
  },
  { kind: 'setting', name: 'the check and the alert see a pool without a free connection' },
  { kind: 'setting', name: 'the alert on a service that is down fires when its series is gone' },
  {
    kind: 'query',
    name: 'share of requests that fail',
    language: 'promql',
    text: 'sum(rate(certificate_api_requests_total{job="certificate-api", status=~"5.."}[1h])) / sum(rate(certificate_api_requests_total{job="certificate-api"}[1h])) > 0',
  },
  {
    kind: 'query',
    name: 'authentication failures by reason',
    language: 'promql',
    text: 'sum by (reason) (increase(certificate_api_authentication_failures_total{job="certificate-api"}[1h])) > 0',
  },
  {
    kind: 'query',
    name: "errors of the private CA's API",
    language: 'promql',
    text: 'sum by (operation) (increase(certificate_api_pca_api_calls_total{job="certificate-api", status="error"}[1h])) > 0',
  },
  // In the place of the series {quantile="p95"} that were asked for.
  {
    kind: 'query',
    name: 'p95 of requests by method',
    language: 'promql',
    text: 'histogram_quantile(0.95, sum by (le, method) (rate(certificate_api_request_duration_seconds_bucket{job="certificate-api"}[1h])))',
  },
  {
    kind: 'query',
    name: "p95 of the private CA's API by operation",
    language: 'promql',
    text: 'histogram_quantile(0.95, sum by (le, operation) (rate(certificate_api_pca_api_latency_seconds_bucket{job="certificate-api"}[1h])))',
  },
  {
    kind: 'query',
    name: 'p95 of issuance',
    language: 'promql',
    text: 'histogram_quantile(0.95, sum by (le) (rate(certificate_api_route_duration_seconds_bucket{job="certificate-api", method="POST", route="/certificates"}[1h])))',
  },
  {
    kind: 'query',
    name: 'p95 of status look-up',
    language: 'promql',
    text: 'histogram_quantile(0.95, sum by (le) (rate(certificate_api_route_duration_seconds_bucket{job="certificate-api", method="GET", route="/certificates/:id"}[1h])))',
  },
  {
    kind: 'log',
    name: 'the start of a request: method, path, client address',
    query: '{service="certificate-api", level="info"} |= "request started"',
    fields: ['method', 'path', 'ip', 'request_id', 'component'],
  },
  {
    kind: 'log',
    name: 'the end of a request: status, duration',
    query: '{service="certificate-api", level="info"} |= "request completed"',
    fields: ['status', 'duration_ms', 'request_id', 'component'],
  },
  {
    kind: 'log',
    name: 'a request that failed through no fault of its caller',
    query: '{service="certificate-api", level="error"} |= "a request failed"',
    fields: ['route', 'exception_type', 'request_id', 'trace_id'],
  },
  {
    kind: 'log',
    name: 'a CA certificate that is about to expire',
    query: '{service="certificate-api", level="warn"} |= "about to expire"',
    fields: ['ca', 'days_left'],
  },
  {
    kind: 'trace',
    name: 'one certificate from request to database',
    spans: [/^POST \/certificates$/, /IssueCertificate/, /^pg\.query:INSERT/],
  },
]
