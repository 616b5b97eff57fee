import type { Promised } from '../support/contract.ts'

/** Columns of what somebody did by a request. */
const WHO_AND_WHERE = [
  'target_type',
  'target_id',
  'source_id',
  'user_agent',
  'request_id',
  'trace_id',
]

/** The way of a transaction, from the database to the chain. */
const TRANSACTION = ['orderId', 'orderedAt', 'stellarAddress', 'txHash', 'ledger', 'sentAt']

/** What the team of rewards-api was promised. */
export const contract: readonly Promised[] = [
  {
    kind: 'metric',
    name: 'http_request_duration_seconds',
    type: 'histogram',
    labels: ['method', 'route', 'status_code'],
    buckets: [0.01, 0.05, 0.1, 0.5, 1, 2, 5, 10],
    counted: {
      route: ['/quizzes/:id/submissions', '/quizzes/:id/claim', '/courses/:id/credentials'],
    },
  },
  {
    kind: 'metric',
    name: 'http_requests_total',
    type: 'counter',
    labels: ['method', 'route', 'status_code'],
    counted: {
      method: ['GET', 'POST'],
      status_code: ['200', '201', '400', '401', '409', '422', '502', '503'],
    },
  },
  {
    kind: 'metric',
    name: 'stellar_transactions_total',
    type: 'counter',
    labels: ['method', 'status'],
    counted: { method: ['sendPayment', 'mintCredential'], status: ['success', 'error'] },
  },
  {
    kind: 'metric',
    name: 'stellar_transaction_duration_seconds',
    type: 'histogram',
    labels: ['method'],
    buckets: [0.5, 1, 2, 5, 10, 30],
    counted: { method: ['sendPayment', 'mintCredential'] },
  },
  {
    kind: 'metric',
    name: 'reward_claims_total',
    type: 'counter',
    labels: ['status', 'amount_bucket'],
    values: { amount_bucket: ['0-10', '10-50', '50-100', '100+'] },
    counted: {
      status: ['success', 'already_claimed', 'failed'],
      amount_bucket: ['10-50', '50-100', '100+'],
    },
  },
  {
    kind: 'metric',
    name: 'credentials_minted_total',
    type: 'counter',
    labels: ['course_id'],
    counted: { course_id: ['stellar'] },
  },
  {
    kind: 'metric',
    name: 'quizzes_completed_total',
    type: 'counter',
    labels: ['passed'],
    counted: { passed: ['true', 'false'] },
  },
  { kind: 'metric', name: 'db_active_connections', type: 'gauge', labels: [] },
  { kind: 'metric', name: 'redis_connected', type: 'gauge', labels: [] },

  {
    kind: 'auditEvent',
    name: 'reward_claimed',
    columns: WHO_AND_WHERE,
    values: {
      target_type: 'quiz_submission',
      action: 'claim_reward',
      outcome: 'success',
      actor_id: 'hedy',
      actor_type: 'user',
    },
    details: ['amount', ...TRANSACTION],
    detailsLike: { amount: /^12\.50*$/, stellarAddress: /^G[A-Z2-7]{55}$/ },
  },
  {
    kind: 'auditEvent',
    name: 'quiz_submitted',
    columns: WHO_AND_WHERE,
    values: { target_type: 'quiz_submission', actor_id: 'hedy', outcome: 'success' },
    details: ['quizId', 'passed'],
  },
  {
    kind: 'auditEvent',
    name: 'credential_minted',
    columns: WHO_AND_WHERE,
    values: {
      target_type: 'course',
      target_id: 'stellar',
      outcome: 'success',
      actor_id: 'hedy',
      actor_type: 'user',
    },
    details: TRANSACTION,
  },
  {
    kind: 'auditEvent',
    name: 'transaction_failed',
    columns: WHO_AND_WHERE,
    values: { target_type: 'chain_order', actor_id: 'ada', outcome: 'failure' },
    details: ['orderedAt', 'stellarAddress', 'reason'],
    detailsLike: { reason: /^the chain did not answer$/ },
  },
  {
    kind: 'auditEvent',
    name: 'authentication_failed',
    columns: WHO_AND_WHERE,
    values: { actor_id: 'ada', outcome: 'failure' },
    details: ['reason', 'stellarAddress'],
    detailsLike: { reason: /^token expired$/, stellarAddress: /^G[A-Z2-7]{55}$/ },
  },
  {
    kind: 'setting',
    name: 'each reward that was paid is in the audit trail, once, with its transaction',
  },
  { kind: 'setting', name: "the analysts' sum is what was paid" },
  {
    kind: 'query',
    name: "an audit record under the analysts' names",
    language: 'sql',
    text: `SELECT event, resource, action, result, created_at, user_id, metadata ->> 'stellarAddress' AS address,
  resource_id, metadata ->> 'txHash' AS tx_hash, amount, metadata, ip, user_agent
FROM audit_events WHERE event = 'reward_claimed'`,
    columns: [
      'event',
      'resource',
      'action',
      'result',
      'created_at',
      'user_id',
      'address',
      'resource_id',
      'tx_hash',
      'amount',
      'metadata',
      'ip',
      'user_agent',
    ],
  },
  {
    kind: 'query',
    name: 'reward claims per hour (last 24h)',
    language: 'sql',
    text: `SELECT date_trunc('hour', created_at) AS hour, COUNT(*), SUM(amount)
FROM audit_events WHERE event = 'reward_claimed'
AND created_at > NOW() - INTERVAL '24 hours'
GROUP BY hour ORDER BY hour;`,
    columns: ['hour', 'count', 'sum'],
  },
  {
    kind: 'query',
    name: 'active users per day',
    language: 'sql',
    text: `SELECT date_trunc('day', created_at) AS day, COUNT(DISTINCT user_id)
FROM audit_events WHERE event IN ('reward_claimed', 'quiz_submitted')
GROUP BY day ORDER BY day DESC;`,
    columns: ['day', 'count'],
  },
  {
    kind: 'query',
    name: 'errors per endpoint (last 1h)',
    language: 'promql',
    text: 'sum by (route, status_code) (increase(http_requests_total{job="rewards-api", status_code=~"5.."}[1h]))',
  },

  {
    kind: 'query',
    name: 'quiz completions per hour',
    language: 'promql',
    text: 'sum by (passed) (increase(quizzes_completed_total{job="rewards-api"}[1h])) > 0',
  },
  {
    kind: 'query',
    name: 'reward claims per day',
    language: 'promql',
    text: 'sum(increase(reward_claims_total{job="rewards-api", status="success"}[1d])) > 0',
  },
  {
    kind: 'query',
    name: 'share of requests that fail',
    language: 'promql',
    text: 'sum(rate(http_requests_total{job="rewards-api", status_code=~"5.."}[1h])) / sum(rate(http_requests_total{job="rewards-api"}[1h])) > 0',
  },
  {
    kind: 'query',
    name: 'p95 of requests by route',
    language: 'promql',
    text: 'histogram_quantile(0.95, sum by (le, route) (rate(http_request_duration_seconds_bucket{job="rewards-api"}[1h])))',
  },

  ...[
    'reward_claimed',
    'quiz_submitted',
    'credential_minted',
    'transaction_failed',
    'authentication_failed',
  ].map((event): Promised => ({
    kind: 'log',
    name: `a copy of each audit record of ${event}`,
    query: `{service="rewards-api"} |= "[AUDIT] ${event}" | audit="true" | timestamp=~"\\\\d{4}-\\\\d\\\\d-\\\\d\\\\dT.+Z"`,
    fields: [
      'event',
      'audit_action',
      'outcome',
      'actor_id',
      'target_id',
      'source_ip',
      'request_id',
    ],
  })),
  {
    kind: 'log',
    name: 'business events: amount, user, transaction',
    query: '{service="rewards-api", level="info"} |= "reward paid"',
    fields: ['amount', 'userId', 'txHash', 'trace_id'],
  },
  {
    kind: 'log',
    name: 'security events: address of the caller and of the wallet',
    query: '{service="rewards-api", level="warn"} |= "authentication failed"',
    fields: ['ip', 'stellarAddress', 'trace_id'],
  },
  { kind: 'setting', name: 'a request that failed is one error in the log' },
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
  { kind: 'setting', name: 'a duration fills the buckets from its own on, and no other' },
  { kind: 'setting', name: 'redis_connected is 0 while Redis is away' },
  { kind: 'setting', name: 'the gauge and the check see a pool without a free connection' },
  { kind: 'setting', name: 'requests are counted and timed, each once' },
  { kind: 'setting', name: 'rewards are counted once, by their size, and credentials once' },
  { kind: 'setting', name: 'quizzes that were passed are counted apart from the others' },
  { kind: 'setting', name: 'CHAIN_TIMEOUT_MILLIS' },
  { kind: 'setting', name: 'JWT_ISSUER and JWT_AUDIENCE' },
  { kind: 'setting', name: 'LOG_LEVEL' },
  { kind: 'setting', name: 'the route is the template, never the raw URL' },
]
