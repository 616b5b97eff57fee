import type { Promised, PromisedMetric } from '../support/contract.ts'
import { queries } from './queries.ts'

const metric = (
  name: string,
  type: PromisedMetric['type'],
  labels: readonly string[],
  process?: string,
): PromisedMetric => ({ kind: 'metric', name, type, labels, ...(process && { process }) })

/** Every audit event of the team's list, and what its details must have. */
export const AUDIT_EVENTS: readonly (readonly [name: string, ...details: string[]])[] = [
  ['user_login_success'],
  ['user_login_failed', 'reason'],
  ['token_refresh_success'],
  ['token_refresh_failed', 'reason'],
  ['jwt_key_rotated', 'kid', 'correlationId'],
  ['jwt_key_rotation_failed', 'error', 'correlationId'],
  ['db_backup_started'],
  ['db_backup_succeeded', 'file', 'size_bytes', 'duration_seconds'],
  ['db_backup_failed', 'error'],
  ['db_restore_started', 'file'],
  ['db_restore_succeeded', 'file'],
  ['db_restore_failed', 'file', 'error'],
  ['admin_endpoint_accessed'],
  ['sensitive_operation_performed', 'amount', 'to'],
]

function isAsked(event: string): boolean {
  return !event.startsWith('db_') && !event.startsWith('jwt_')
}

/** Who did it, where the scenario has one person do it. */
function actorOf(event: string): string {
  if (event.startsWith('jwt_')) return 'wallet-backend'
  if (event.startsWith('db_') || event.startsWith('admin_')) return 'admin'
  if (event === 'token_refresh_failed') return 'anonymous'
  return event === 'user_login_failed' ? 'grace' : 'ada'
}

function outcomeOf(event: string): string {
  if (event.endsWith('_failed')) return 'failure'
  return event.endsWith('_started') ? 'unknown' : 'success'
}

/** What the team of wallet-backend was promised; API and worker run on one host, each with its port. */
export const contract: readonly Promised[] = [
  metric('db_backup_total', 'counter', ['env'], 'worker'),
  metric('db_backup_failed_total', 'counter', ['env'], 'worker'),
  {
    ...metric('db_backup_duration_seconds', 'histogram', ['env'], 'worker'),
    buckets: [1, 5, 15, 30, 60, 120, 300, 600, 1_200, 3_600],
  },
  {
    ...metric('db_backup_size_bytes', 'histogram', ['env'], 'worker'),
    buckets: [2 ** 10, 2 ** 20, 2 ** 24, 2 ** 27, 2 ** 30, 2 ** 33, 2 ** 36],
  },
  {
    ...metric('jwt_key_rotation_total', 'counter', ['env', 'operation'], 'worker'),
    values: { env: ['production'] },
    counted: { operation: ['rotated', 'retired', 'failed'] },
  },
  metric('jwt_key_rotation_duration_seconds', 'histogram', ['env'], 'worker'),
  metric('jwt_active_keys_total', 'gauge', ['env'], 'worker'),
  metric('jwt_key_rotations_total', 'counter', [], 'worker'),
  metric('jwt_key_retirements_total', 'counter', [], 'worker'),
  metric('jwt_key_rotation_errors_total', 'counter', [], 'worker'),
  {
    ...metric('http_requests_total', 'counter', ['method', 'endpoint', 'status']),
    values: { endpoint: ['/login', '/admin/backups'], status: ['200', '401', '403', '503'] },
  },
  metric('http_request_duration_seconds', 'histogram', ['method', 'endpoint']),
  {
    ...metric('celery_task_total', 'counter', ['task_name', 'status'], 'worker'),
    counted: {
      task_name: ['db_backup', 'db_restore', 'jwt_key_rotation'],
      status: ['success', 'failure'],
    },
  },
  metric('celery_task_duration_seconds', 'histogram', ['task_name'], 'worker'),
  metric('celery_workers_active', 'gauge', [], 'worker'),
  // Needed by the team's alerts and panels; the names are ours.
  // Two instances seldom meet at the lock.
  {
    ...metric('jwt_key_rotation_lock_contention_total', 'counter', [], 'worker'),
    mayBeZero: true,
  },
  metric('db_restore_total', 'counter', ['env'], 'worker'),
  metric('db_restore_failed_total', 'counter', ['env'], 'worker'),
  metric('jwt_active_key_age_seconds', 'gauge', [], 'worker'),
  metric('jwt_next_rotation_timestamp_seconds', 'gauge', [], 'worker'),
  metric('celery_queue_length', 'gauge', ['queue'], 'worker'),
  {
    ...metric('db_pool_connections', 'gauge', ['state']),
    values: { state: ['active', 'idle', 'waiting'] },
  },
  metric('db_backup_storage_bytes', 'gauge', ['env'], 'worker'),
  {
    ...metric('authentication_attempts_total', 'counter', ['result']),
    counted: { result: ['success', 'failure'] },
  },
  {
    ...metric('audit_events_total', 'counter', ['action']),
    values: { action: AUDIT_EVENTS.map(([name]) => name) },
    counted: { action: AUDIT_EVENTS.map(([name]) => name).filter(isAsked) },
  },
  {
    ...metric('audit_events_total', 'counter', ['action'], 'worker'),
    counted: { action: AUDIT_EVENTS.map(([name]) => name).filter((name) => !isAsked(name)) },
  },

  ...AUDIT_EVENTS.map(([name, ...details]): Promised => ({
    kind: 'auditEvent',
    name,
    // Whatever somebody asked for has their request; a rotation is nobody's, and has its correlation id there.
    columns: ['target_type', 'request_id', 'trace_id', ...(isAsked(name) ? ['source_id'] : [])],
    values: { actor_id: actorOf(name), outcome: outcomeOf(name) },
    details,
  })),

  ...['database', 'redis', 'celery'].map((name): Promised => ({ kind: 'healthCheck', name })),
  { kind: 'setting', name: 'GET /health has exactly the keys and values of the team' },
  { kind: 'setting', name: 'GET /health answers 503 and says what is not healthy' },
  { kind: 'setting', name: 'APP_VERSION' },
  { kind: 'setting', name: 'APP_ENV' },
  { kind: 'setting', name: 'sizes and durations of backups are those of their records' },
  { kind: 'setting', name: 'age of the active key and time of the next rotation are in seconds' },
  { kind: 'setting', name: 'the length of the queue is what waits in it' },
  { kind: 'setting', name: 'counters whose values are declared are there at 0 from the start' },
  { kind: 'setting', name: 'the app log is one JSON object a line' },
  { kind: 'setting', name: 'GET /metrics on the port of the application' },
  { kind: 'setting', name: 'PROMETHEUS_ENABLED=false' },
  { kind: 'setting', name: 'PROMETHEUS_PORT' },
  { kind: 'setting', name: 'PROMETHEUS_HOST' },
  { kind: 'setting', name: 'JWT_KEYS and ACTIVE_JWT_KID' },
  { kind: 'setting', name: 'a retired key stays valid for its grace period' },
  { kind: 'setting', name: 'of two instances one rotates' },
  { kind: 'setting', name: 'correlation ids trace a rotation across systems' },
  { kind: 'setting', name: 'audit.log has every event, one JSON object without spaces a line' },
  { kind: 'setting', name: `grep '"action":"db_backup_failed"' audit.log` },
  { kind: 'setting', name: 'jq: the events of the last day' },
  { kind: 'setting', name: 'jq and awk: the average size of a backup' },
  { kind: 'setting', name: 'what was backed up is there again after a restore' },
  { kind: 'setting', name: 'SLACK_ALERTING_ENABLED' },
  { kind: 'setting', name: 'SLACK_MAX_ALERTS_PER_HOUR' },
  { kind: 'setting', name: 'SLACK_TIMEOUT_SECONDS' },
  { kind: 'setting', name: 'Loki keeps audit records 90 days and other logs 30' },
  { kind: 'setting', name: 'Slack: backup and restore failures' },
  { kind: 'setting', name: 'Slack: start-up and shutdown' },
  { kind: 'setting', name: 'Slack: critical error threshold' },
  { kind: 'setting', name: 'JWT_ROTATION_ALERT_ON_ERROR' },
  { kind: 'setting', name: 'JWT_ROTATION_ALERT_ON_RETRY' },
  { kind: 'setting', name: 'JWT_ROTATION_ALERT_ON_ERROR=false, JWT_ROTATION_ALERT_ON_RETRY=false' },
  { kind: 'setting', name: 'the address of the Slack webhook appears nowhere' },
  {
    kind: 'log',
    name: 'app log',
    query: '{service="wallet-backend", component="app"}',
  },
  {
    kind: 'log',
    name: 'access log, plain text',
    query:
      '{service="wallet-backend", component="access"} |~ `^[0-9a-f.:]+ admin "POST /admin/backups" 202 [0-9]+ms [0-9a-f-]{36}$`',
    fields: ['request_id', 'trace_id'],
  },
  {
    kind: 'log',
    name: 'audit records are searchable in Loki',
    query:
      '{service="wallet-backend-worker", component="audit"} |= "[AUDIT] db_backup_succeeded" | event="db_backup_succeeded"',
    fields: ['audit', 'timestamp', 'outcome', 'actor_id', 'request_id', 'details_size_bytes'],
  },
  {
    kind: 'log',
    name: 'Slack alert sent successfully',
    query: '{service="wallet-backend-worker"} |= "Slack alert sent successfully"',
  },
  {
    kind: 'log',
    name: 'what the hourly limit holds back',
    query: '{service="wallet-backend-worker"} |= "Slack alert held back"',
  },
  {
    kind: 'trace',
    name: 'a backup ordered by an administrator, from the API to the worker',
    spans: [/^POST \/admin\/backups$/, /db_backup/],
  },
  ...queries,
]
