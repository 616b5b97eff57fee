import type { Promised } from '../support/contract.ts'

const LABELS = ['method', 'path_template', 'status_code']

/** What the team of course-platform was promised. */
export const contract: readonly Promised[] = [
  {
    kind: 'metric',
    name: 'http_request_duration_seconds',
    type: 'histogram',
    labels: LABELS,
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    values: { path_template: ['/api/v1/courses/:id', '/files/{id}/pages/{id}'] },
  },
  { kind: 'metric', name: 'http_requests_total', type: 'counter', labels: LABELS },
  { kind: 'metric', name: 'http_server_errors_total', type: 'counter', labels: LABELS },
  { kind: 'metric', name: 'http_requests_in_flight', type: 'gauge', labels: [] },
  { kind: 'setting', name: 'http_requests_in_flight is 0 again whatever happened' },
  { kind: 'setting', name: 'METRICS_ENABLED=true: GET /metrics/ on the port of the application' },
  { kind: 'setting', name: 'METRICS_ENABLED=false: 404' },
  { kind: 'setting', name: 'X-Request-ID is taken from the request' },
  { kind: 'setting', name: 'X-Request-ID is made (UUIDv4) where there is none' },
  {
    kind: 'setting',
    name: 'the client address comes from X-Forwarded-For behind a trusted proxy only',
  },
  { kind: 'setting', name: 'GET /healthz' },
  { kind: 'setting', name: 'SENTRY_DSN: an error reaches Sentry' },
  { kind: 'setting', name: 'backup to a folder, and restore' },
  { kind: 'setting', name: 'backup to S3 in STANDARD_IA, and restore' },
  { kind: 'setting', name: 'restore asks before it overwrites' },
  { kind: 'setting', name: 'synthetic check: healthz, metrics gate, schema, shape of a 404' },
  {
    kind: 'log',
    name: 'access log',
    query: '{service="course-platform", level="info"} |= "request"',
    fields: ['request_id', 'method', 'path', 'status', 'ip', 'duration_ms'],
  },
  {
    kind: 'log',
    name: 'a refused log-in is a security event',
    query:
      '{service="course-platform", component="security", level="warn"} |~ "security_event path=/api/v1/auth/login method=POST status=401 user=anonymous ip=[0-9a-f.:]+ duration_ms=[0-9]+"',
  },
  {
    kind: 'log',
    name: 'any 403 is a security event',
    query: '{component="security"} |= "status=403"',
  },
  {
    kind: 'log',
    name: 'a bad upload is a security event',
    query: '{component="security"} |= "path=/api/v1/upload/" |= "status=400"',
  },
  {
    kind: 'trace',
    name: 'a course is read from the database',
    spans: [/^GET \/api\/v1\/courses\/:id$/, /^pg\.query:SELECT/],
  },
  { kind: 'healthCheck', name: 'database' },
  {
    kind: 'query',
    name: 'p95 latency',
    language: 'promql',
    text: 'histogram_quantile(0.95, sum by (le) (rate(http_request_duration_seconds_bucket{job="course-platform"}[5m])))',
  },
  {
    kind: 'query',
    name: 'error rate',
    language: 'promql',
    text: 'sum(rate(http_server_errors_total{job="course-platform"}[5m])) / sum(rate(http_requests_total{job="course-platform"}[5m]))',
  },
]
