import { join } from 'node:path'
import type { LauncherEnvironment } from './environment.ts'

/**
 * The files that say how the components are set up, from the top of the repository: what the launcher
 * starts them with is what compose.yaml mounts.
 */
export const configurationFiles = {
  jaeger: 'deploy/jaeger/jaeger.yaml',
  loki: 'deploy/loki/loki.yaml',
  collector: 'otel-collector/config/collector.yaml',
  prometheus: 'deploy/prometheus/prometheus.yaml',
  prometheusRules: 'deploy/prometheus/rules',
  alertmanager: 'deploy/alertmanager/alertmanager.yaml',
  postgres: 'deploy/postgres/postgresql.conf',
  auditMigrations: 'otel-collector/postgresauditexporter/sql',
  loginUsers: 'deploy/postgres/login-users.sql',
  redis: 'deploy/redis/redis.conf',
} as const

/** The absolute path of a configuration file. */
export function configurationFile(
  { repository }: Pick<LauncherEnvironment, 'repository'>,
  name: keyof typeof configurationFiles,
): string {
  return join(repository, configurationFiles[name])
}
