import type { Promised } from '../support/contract.ts'

const DEFAULT_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

/** What the team of certificate-api was promised. */
export const contract: readonly Promised[] = [
  {
    kind: 'metric',
    name: 'certificate_api_requests_total',
    type: 'counter',
    labels: ['method', 'status'],
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
  },
  {
    kind: 'metric',
    name: 'certificate_api_certificates_renewed_total',
    type: 'counter',
    labels: ['profile', 'ca'],
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
    values: { status: ['success', 'error'] },
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
  },
  {
    kind: 'metric',
    name: 'certificate_api_route_duration_seconds',
    type: 'histogram',
    labels: ['method', 'route'],
    buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10],
  },

  ...[
    'certificate_issued',
    'certificate_renewed',
    'certificate_requested',
    'authorization_failure',
    'admin_operation',
  ].map((name): Promised => ({
    kind: 'auditEvent',
    name,
    columns: ['source_id', 'target_type', 'target_id', 'request_id'],
  })),
  { kind: 'auditEvent', name: 'authentication_failure', columns: ['source_id', 'request_id'] },
  { kind: 'auditEvent', name: 'system_error', columns: ['target_type'] },
  ...['ca_certificate_refresh', 'ca_certificate_expiry_warning'].map((name): Promised => ({
    kind: 'auditEvent',
    name,
    columns: ['target_type', 'target_id'],
  })),

  ...['database', 'certificate_authority', 'jwks', 'ca_certificate_expiry'].map(
    (name): Promised => ({ kind: 'healthCheck', name }),
  ),
  { kind: 'setting', name: 'GET /health answers within 100 ms while a dependency hangs' },
  { kind: 'setting', name: 'GET /health answers 503 with the message of what is not healthy' },
  { kind: 'setting', name: 'GET /ready' },
  { kind: 'setting', name: 'the log level is changed while running' },
  { kind: 'setting', name: 'log lines have time, level, msg, request_id, component' },
  { kind: 'setting', name: 'no token, key or secret appears in log, trace or audit record' },
  { kind: 'setting', name: 'issuance p95 < 2 s under load' },
  { kind: 'setting', name: 'status look-up p95 < 500 ms under load' },
  { kind: 'setting', name: 'health < 100 ms under load' },
  { kind: 'setting', name: 'metrics counted exactly the requests that were sent' },
  {
    kind: 'log',
    name: 'the start of a request: method, path, client address',
    query: '{service="certificate-api"} |= "request started"',
    fields: ['method', 'path', 'ip', 'request_id', 'component'],
  },
  {
    kind: 'log',
    name: 'the end of a request: status, duration',
    query: '{service="certificate-api"} |= "request completed"',
    fields: ['status', 'duration_ms', 'request_id', 'component'],
  },
  {
    kind: 'trace',
    name: 'one certificate from request to database',
    spans: [/^POST \/certificates$/, /IssueCertificate/, /^pg\.query:INSERT/],
  },
]
