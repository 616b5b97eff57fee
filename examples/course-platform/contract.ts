import type { Promised } from '../support/contract.ts'

const LABELS = ['method', 'path_template', 'status_code']

const securityEvent = (name: string, text: string): Promised => ({
  kind: 'log',
  name: `${name} is a security event`,
  query: `{service="course-platform", component="security", level="warn"} |= "security_event ${text} "`,
  fields: ['request_id'],
})

const query = (name: string, text: string): Promised => ({
  kind: 'query',
  name,
  language: 'promql',
  text,
})

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
  {
    kind: 'metric',
    name: 'http_requests_total',
    type: 'counter',
    labels: LABELS,
    values: { status_code: ['200', '400', '401', '403', '404', '429', '500'] },
  },
  {
    kind: 'metric',
    name: 'http_server_errors_total',
    type: 'counter',
    labels: LABELS,
    values: { status_code: ['500'] },
  },
  { kind: 'metric', name: 'http_requests_in_flight', type: 'gauge', labels: [] },
  { kind: 'setting', name: 'http_requests_in_flight is 0 again whatever happened' },
  { kind: 'setting', name: 'path_template begins with / and never has a number in it' },
  { kind: 'setting', name: 'http_server_errors_total counts 5xx and nothing else' },
  { kind: 'setting', name: 'METRICS_ENABLED=true: GET /metrics/ on the port of the application' },
  { kind: 'setting', name: 'METRICS_ENABLED=false: 404' },
  { kind: 'setting', name: 'X-Request-ID is taken from the request' },
  { kind: 'setting', name: 'X-Request-ID is made (UUIDv4) where there is none' },
  { kind: 'setting', name: 'X-Request-ID is on every response and every log line' },
  { kind: 'setting', name: 'access log: exactly its fields, the path without query' },
  { kind: 'setting', name: 'what is neither refused nor guarded is no security event' },
  {
    kind: 'setting',
    name: 'the client address comes from X-Forwarded-For behind a trusted proxy only',
  },
  { kind: 'setting', name: 'GET /healthz' },
  { kind: 'setting', name: 'GET /healthz answers 503 while the database cannot be used' },
  { kind: 'setting', name: 'SENTRY_DSN: an error reaches Sentry' },
  { kind: 'setting', name: 'backup to a folder, and restore' },
  { kind: 'setting', name: 'backup to S3 in STANDARD_IA, and restore' },
  { kind: 'setting', name: 'restore asks before it overwrites' },
  { kind: 'setting', name: 'backups say until when they are to be kept' },
  { kind: 'setting', name: 'synthetic check: healthz, metrics gate, schema, shape of a 404' },
  { kind: 'setting', name: 'synthetic check: each fault is found, and nothing else' },
  {
    kind: 'log',
    name: 'access log',
    query: '{service="course-platform", component="access", level="info"} |~ "^request$"',
    fields: ['request_id', 'method', 'path', 'status', 'ip', 'duration_ms', 'trace_id'],
  },
  {
    kind: 'log',
    name: 'a refused log-in is a security event',
    query:
      '{service="course-platform", component="security", level="warn"} |~ "security_event path=/api/v1/auth/login method=POST status=401 user=anonymous ip=[0-9a-f.:]+ duration_ms=[0-9]+"',
  },
  securityEvent('any 403', 'path=/api/v1/courses/1 method=DELETE status=403 user=linus'),
  securityEvent('any 429', 'path=/api/v1/search method=GET status=429 user=ada'),
  securityEvent('a bad upload', 'path=/api/v1/upload/ method=POST status=400 user=anonymous'),
  securityEvent('a guess at tokens', 'path=/api/v1/token/refresh method=POST status=404'),
  securityEvent('a guess at passwords', 'path=/api/v1/password/reset method=POST status=404'),
  {
    kind: 'log',
    name: 'a request that failed',
    query: '{service="course-platform", level="error"}',
    fields: ['request_id', 'trace_id', 'exception_type'],
  },
  {
    kind: 'trace',
    name: 'a course is read from the database',
    spans: [/^GET \/api\/v1\/courses\/:id$/, /^pg\.query:SELECT/],
  },
  { kind: 'healthCheck', name: 'database' },
  // The rules as they are; the scenario brings about what they wait for. `probe_success` asks for the blackbox exporter.
  query(
    'p95 latency above its SLO',
    'histogram_quantile(0.95, sum by (le) (rate(http_request_duration_seconds_bucket{job="course-platform"}[5m]))) > 0.5',
  ),
  query(
    'error rate above its SLO',
    'sum(rate(http_server_errors_total{job="course-platform"}[5m])) / sum(rate(http_requests_total{job="course-platform"}[5m])) > 0.01',
  ),
  query('saturation', 'max_over_time(http_requests_in_flight{job="course-platform"}[1h]) >= 20'),
]
