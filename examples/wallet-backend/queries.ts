import type { PromisedQuery } from '../support/contract.ts'

const query = (name: string, text: string): PromisedQuery => ({
  kind: 'query',
  name,
  language: 'promql',
  text,
})

/**
 * What the team asks Prometheus, each of which has to return something: their queries as written, the left-hand sides of rules
 * that must stay silent here, and one query for each panel and key figure.
 *
 * Not here: what asks for exporters and components that this stack does not run (`up{job="postgres"}`, `redis_up`,
 * Alertmanager's own).
 */
export const queries: readonly PromisedQuery[] = [
  query(
    'success rate of backups',
    '(rate(db_backup_total[1h]) - rate(db_backup_failed_total[1h])) / rate(db_backup_total[1h]) * 100',
  ),
  query(
    'p95 duration of backups',
    'histogram_quantile(0.95, rate(db_backup_duration_seconds_bucket[1h]))',
  ),
  query(
    'average size of a backup',
    'rate(db_backup_size_bytes_sum[1h]) / rate(db_backup_size_bytes_count[1h])',
  ),
  query('growth of backups', 'histogram_quantile(0.95, rate(db_backup_size_bytes_bucket[24h]))'),
  query('workers', 'celery_workers_active > 0'),
  query('targets that are down', 'up == 0'),
  query('series of Prometheus', 'prometheus_tsdb_head_series'),

  query('BackupFailure', 'increase(db_backup_failed_total[1h]) > 0'),
  query(
    'BackupDurationHigh, below its threshold',
    'histogram_quantile(0.95, rate(db_backup_duration_seconds_bucket[1h])) <= 300',
  ),
  query('JWTRotationFailure', 'increase(jwt_key_rotation_total{operation="failed"}[1h]) > 0'),
  query('no rotation in 15 minutes, silent', 'increase(jwt_key_rotations_total[15m]) > 0'),
  query('more than five rotation errors', 'increase(jwt_key_rotation_errors_total[1h]) > 5'),
  query('lock contention', 'increase(jwt_key_rotation_lock_contention_total[1h]) > 0'),

  query('panel: response times', p95('wallet-backend')),
  query('panel: pool status', 'sum by (state) (db_pool_connections{job="wallet-backend"})'),
  query('panel: queue lengths', 'celery_queue_length{job="wallet-backend-worker"}'),
  query(
    'panel: tasks',
    'sum by (task_name, status) (rate(celery_task_total{job="wallet-backend-worker"}[5m])) > 0',
  ),
  query(
    'panel: error rate',
    'sum(rate(http_requests_total{job="wallet-backend", status=~"5.."}[5m])) / sum(rate(http_requests_total{job="wallet-backend"}[5m])) > 0',
  ),
  query('panel: storage of backups', 'db_backup_storage_bytes{job="wallet-backend-worker"} > 0'),
  query('panel: restores that failed', 'increase(db_restore_failed_total[1h]) > 0'),
  query(
    'panel: authentication',
    'sum by (result) (rate(authentication_attempts_total{job="wallet-backend"}[5m])) > 0',
  ),
  query('panel: audit events', 'sum by (action) (increase(audit_events_total[1h])) > 0'),
  query(
    'panel: suspicious activity',
    'sum(increase(authentication_attempts_total{job="wallet-backend", result="failure"}[1h]))',
  ),
  query('panel: retirements', 'increase(jwt_key_retirements_total[1h]) > 0'),
  query(
    'panel: time of a rotation',
    'histogram_quantile(0.95, rate(jwt_key_rotation_duration_seconds_bucket[1h]))',
  ),
  query('panel: age of the active key', 'jwt_active_key_age_seconds'),
  query('panel: next rotation', 'jwt_next_rotation_timestamp_seconds - time()'),
  query('panel: keys', 'jwt_active_keys_total > 0'),

  query('key figure: uptime', 'avg_over_time(up{job="wallet-backend"}[1h]) * 100 > 0'),
  query(
    'key figure: success of key rotation',
    'sum(increase(jwt_key_rotations_total[1h])) / (sum(increase(jwt_key_rotations_total[1h])) + sum(increase(jwt_key_rotation_errors_total[1h]))) * 100',
  ),
]

function p95(job: string): string {
  return `histogram_quantile(0.95, sum by (le) (rate(http_request_duration_seconds_bucket{job="${job}"}[5m])))`
}
