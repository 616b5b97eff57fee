import { join } from 'node:path'
import type { StackAddresses } from '../../../deploy/stack/stack.ts'
import { type Service, startService } from '../../support/services.ts'
import { telemetryVariables } from '../../support/telemetry-variables.ts'

/** One process of wallet-backend. */
export interface ProcessPlan {
  readonly name: string
  readonly script: 'src/api.ts' | 'src/worker.ts'
  readonly variables: Readonly<Record<string, string>>
  /** Where metrics are to be served; 0 picks a free port. */
  readonly metricsPort?: number
}

/** Starts a process of wallet-backend under its own preload. */
export async function startProcess(
  addresses: StackAddresses,
  { name, script, variables, metricsPort = 0 }: ProcessPlan,
): Promise<Service> {
  return startService({
    name,
    directory: new URL('../', import.meta.url),
    script,
    preload: './src/telemetry.ts',
    logFile: join(addresses.logs, `${name}.log`),
    readyLine: /^wallet-backend(?: worker)? listening at (\S+)/m,
    metricsPort,
    variables: {
      ...telemetryVariables(addresses, addresses.logs, name),
      TELLTALE_AUDIT_MIRROR_LOG: 'true',
      TELLTALE_LOG_STDOUT: 'true',
      REDIS_URL: addresses.redis,
      APP_ENV: 'production',
      PORT: '0',
      PROMETHEUS_PORT: String(metricsPort),
      ...variables,
    },
  })
}
