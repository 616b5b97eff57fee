import { join } from 'node:path'
import type { ComponentPlan } from '../component.ts'
import { configurationFile } from '../configuration.ts'
import { toPostgresUrl } from '../database.ts'
import { componentVariables } from '../environment.ts'
import { checkpointDirectory, checkpointKeyFile } from '../checkpoint-key.ts'
import { acceptsConnections, answers, answersOk } from '../ready.ts'
import { directoryOf, logFileOf, type PlanContext } from './plan-context.ts'

const MEMORY_LIMIT_MIB = 512
/** What the Go runtime holds itself to: below the four fifths from which the memory limiter refuses. */
const GO_MEMORY_LIMIT = '320MiB'
/** Collecting garbage less often saves a fifth of the CPU time, for memory that the limit above bounds. */
const GO_GARBAGE_PERCENT = '400'

/** Our Collector, with the configuration that runs everything in one process. */
export function planCollector(context: PlanContext, program: string): ComponentPlan {
  const { ports, secrets } = context
  const directory = directoryOf(context, 'collector')
  const health = `http://127.0.0.1:${ports.collectorHealth}/`
  return {
    name: 'collector',
    command: {
      program,
      args: [
        '--config',
        configurationFile(context.environment, 'collector'),
        // The health check then answers for what the components report: whether audit can be stored.
        '--feature-gates=+extension.healthcheck.useComponentStatus',
      ],
      directory,
      variables: {
        ...componentVariables(context.environment),
        OTELCOL_LISTEN_HOST: '127.0.0.1',
        OTELCOL_OTLP_HTTP_PORT: String(ports.collectorOtlpHttp),
        OTELCOL_OTLP_GRPC_PORT: String(ports.collectorOtlpGrpc),
        OTELCOL_AUDIT_PORT: String(ports.collectorAudit),
        OTELCOL_METRICS_PORT: String(ports.collectorMetrics),
        OTELCOL_HEALTH_PORT: String(ports.collectorHealth),
        OTELCOL_STATE_DIRECTORY: directory,
        OTELCOL_MEMORY_LIMIT_MIB: String(MEMORY_LIMIT_MIB),
        GOMEMLIMIT: GO_MEMORY_LIMIT,
        GOGC: GO_GARBAGE_PERCENT,
        JAEGER_OTLP_ENDPOINT: `http://127.0.0.1:${ports.jaegerOtlpHttp}`,
        LOKI_OTLP_ENDPOINT: `http://127.0.0.1:${ports.lokiHttp}/otlp`,
        AUDIT_POSTGRES_DSN: `${toPostgresUrl({
          user: 'telltale_writer',
          password: secrets.auditWriterPassword,
          port: ports.postgres,
          database: 'telltale',
        })}?sslmode=disable`,
        AUDIT_TOKEN: secrets.auditToken,
        AUDIT_CHECKPOINT_KEY_FILE: checkpointKeyFile(context.stateDirectory),
        AUDIT_CHECKPOINT_DIRECTORY: checkpointDirectory(context.stateDirectory),
        AUDIT_TOKEN_DIRECTORY: join(context.stateDirectory, 'audit-tokens'),
      },
      logFile: logFileOf(context, 'collector'),
      endSignals: ['SIGTERM'],
      graceMillis: 10_000,
    },
    stopSignals: { fast: 'SIGTERM', immediate: 'SIGKILL' },
    readyWithinMillis: 60_000,
    // It serves also while PostgreSQL is away, and says so in its health, which is asked apart.
    isReady: async () =>
      (await answers(health)) &&
      (await acceptsConnections(ports.collectorOtlpHttp)) &&
      acceptsConnections(ports.collectorAudit),
    isWell: async () => answersOk(health),
  }
}
