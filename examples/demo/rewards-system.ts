import { join } from 'node:path'
import type { StackAddresses } from '../../deploy/stack/addresses.ts'
import type { LoginService } from './login.ts'
import { type Service, startService } from '../support/services.ts'
import { telemetryVariables } from '../support/telemetry-variables.ts'

/** What the two services are connected to. */
export interface SystemPlan {
  readonly addresses: Pick<StackAddresses, 'otlp' | 'auditOtlp' | 'auditToken' | 'redis'>
  readonly login: Pick<LoginService, 'publicKey'>
  /** The service's own database. */
  readonly databaseUrl: string
  readonly chainUrl: string
  readonly logDirectory: string
  /** 0 picks a free one. */
  readonly metricsPort?: number
  /** Over the ones made here. */
  readonly variables?: Readonly<Record<string, string>>
  /** The line it writes when it is ready, where it is told to write fewer lines. */
  readonly readyLine?: RegExp
}

const directory = new URL('../rewards-api/', import.meta.url)

/** Starts rewards-api under the preload. */
export async function startRewardsApi(plan: SystemPlan, name = 'rewards-api'): Promise<Service> {
  return startService({
    name,
    directory,
    script: 'src/server.ts',
    logFile: join(plan.logDirectory, `${name}.log`),
    readyLine: plan.readyLine ?? /listening at (http:\/\/127[^"\s]+)/,
    metricsPort: plan.metricsPort ?? 0,
    variables: {
      ...telemetryVariables(plan.addresses, plan.logDirectory, name),
      PORT: '0',
      DATABASE_URL: plan.databaseUrl,
      REDIS_URL: plan.addresses.redis,
      CHAIN_URL: plan.chainUrl,
      JWT_PUBLIC_KEY: plan.login.publicKey,
      ...plan.variables,
    },
  })
}

/** Starts the chain's RPC server under the preload, so that a trace goes on in it. */
export async function startChain(
  plan: Pick<SystemPlan, 'addresses' | 'logDirectory' | 'variables'>,
  name = 'stellar-rpc',
): Promise<Service> {
  return startService({
    name,
    directory,
    script: 'chain/server.ts',
    logFile: join(plan.logDirectory, `${name}.log`),
    readyLine: /listening at (http:\S+)/,
    metricsPort: 0,
    variables: {
      ...telemetryVariables(plan.addresses, plan.logDirectory, name),
      PORT: '0',
      ...plan.variables,
    },
  })
}
