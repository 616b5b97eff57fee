import type { Promised } from '../support/contract.ts'

/** What the team of rewards-api was promised. */
export const contract: readonly Promised[] = [
  {
    kind: 'metric',
    name: 'http_request_duration_seconds',
    type: 'histogram',
    labels: ['method', 'route', 'status_code'],
    buckets: [0.01, 0.05, 0.1, 0.5, 1, 2, 5, 10],
    values: { route: ['/quizzes/:id/claim'] },
  },
  {
    kind: 'metric',
    name: 'http_requests_total',
    type: 'counter',
    labels: ['method', 'route', 'status_code'],
    values: { status_code: ['200', '401', '422'] },
  },
  {
    kind: 'metric',
    name: 'stellar_transactions_total',
    type: 'counter',
    labels: ['method', 'status'],
    values: { status: ['success', 'error'] },
  },
  {
    kind: 'metric',
    name: 'stellar_transaction_duration_seconds',
    type: 'histogram',
    labels: ['method'],
    buckets: [0.5, 1, 2, 5, 10, 30],
  },
  {
    kind: 'metric',
    name: 'reward_claims_total',
    type: 'counter',
    labels: ['status', 'amount_bucket'],
  },
  { kind: 'metric', name: 'credentials_minted_total', type: 'counter', labels: ['course_id'] },
  {
    kind: 'metric',
    name: 'quizzes_completed_total',
    type: 'counter',
    labels: ['passed'],
    values: { passed: ['true', 'false'] },
  },
  { kind: 'metric', name: 'db_active_connections', type: 'gauge', labels: [] },
  { kind: 'metric', name: 'redis_connected', type: 'gauge', labels: [] },

  {
    kind: 'auditEvent',
    name: 'reward_claimed',
    columns: ['target_type', 'target_id', 'source_id', 'request_id', 'trace_id', 'user_agent'],
    details: ['amount', 'txHash', 'stellarAddress'],
  },
  { kind: 'auditEvent', name: 'quiz_submitted', columns: ['target_id', 'source_id', 'trace_id'] },
  {
    kind: 'auditEvent',
    name: 'credential_minted',
    columns: ['target_id', 'trace_id'],
    details: ['txHash'],
  },
  { kind: 'auditEvent', name: 'authentication_failed', columns: ['source_id'] },
  {
    kind: 'query',
    name: 'reward claims per hour (last 24h)',
    language: 'sql',
    text: `SELECT date_trunc('hour', created_at) AS hour, COUNT(*), SUM(amount)
FROM audit_events WHERE event = 'reward_claimed'
AND created_at > NOW() - INTERVAL '24 hours'
GROUP BY hour ORDER BY hour;`,
  },
  {
    kind: 'query',
    name: 'active users per day',
    language: 'sql',
    text: `SELECT date_trunc('day', created_at) AS day, COUNT(DISTINCT user_id)
FROM audit_events WHERE event IN ('reward_claimed', 'quiz_submitted')
GROUP BY day ORDER BY day DESC;`,
  },
  {
    kind: 'query',
    name: 'errors per endpoint (last 1h)',
    language: 'promql',
    text: 'sum by (route, status_code) (increase(http_requests_total{job="rewards-api", status_code=~"5.."}[1h]))',
  },

  {
    kind: 'log',
    name: 'a copy of each audit record',
    query: '{service="rewards-api"} |= "[AUDIT] reward_claimed" | audit="true"',
    fields: ['timestamp', 'event'],
  },
  {
    kind: 'log',
    name: 'business events: amount, user, transaction',
    query: '{service="rewards-api"} |= "reward paid"',
    fields: ['amount', 'userId', 'txHash', 'trace_id'],
  },
  {
    kind: 'log',
    name: 'security events: address of the caller and of the wallet',
    query: '{service="rewards-api"} |= "authentication failed"',
    fields: ['ip', 'stellarAddress', 'trace_id'],
  },
  {
    kind: 'trace',
    name: 'one claim over all five hops',
    spans: [
      /^POST \/quizzes\/:id\/claim$/,
      /^verify JWT$/,
      /^pg\.query:SELECT/,
      /^get$/,
      /^POST$/,
      /^pg\.query:UPDATE/,
    ],
  },
  { kind: 'healthCheck', name: 'database' },
  { kind: 'healthCheck', name: 'redis' },
  { kind: 'healthCheck', name: 'chain' },
  { kind: 'setting', name: "GET /metrics on the application's own port" },
  { kind: 'setting', name: 'the exposition is valid' },
  { kind: 'setting', name: 'the route is the template, never the raw URL' },
]
