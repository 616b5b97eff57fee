import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { PartialAddresses } from './addresses.ts'
import { checkpointDirectory, checkpointPublicKeyFile } from './checkpoint-key.ts'
import type { ComponentName, ManagedComponent } from './component.ts'
import type { StackSecrets } from './components/plan-context.ts'
import { toPostgresUrl } from './database.ts'
import type { PortName } from './ports.ts'

/** Where everything of a stack is, from its components, ports and secrets. */
export function toAddresses(
  stack: {
    readonly components: ReadonlyMap<ComponentName, ManagedComponent>
    readonly stateDirectory: string
  },
  ports: Partial<Readonly<Record<PortName, number>>>,
  secrets: StackSecrets,
): PartialAddresses {
  const { components, stateDirectory } = stack
  const has = (name: ComponentName): boolean => components.has(name)
  const postgres = (user: string, password: string): string =>
    toPostgresUrl({ user, password, port: ports.postgres ?? 0, database: 'telltale' })
  const publicKey = checkpointPublicKeyFile(stateDirectory)
  const running = [...components.values()].filter(({ pid }) => pid !== undefined)
  return {
    otlp: has('collector') ? http(ports.collectorOtlpHttp) : null,
    auditOtlp: has('collector') ? http(ports.collectorAudit) : null,
    auditToken: has('collector') ? secrets.auditToken : null,
    jaeger: has('jaeger') ? http(ports.jaegerQuery) : null,
    loki: has('loki') ? http(ports.lokiHttp) : null,
    prometheus: has('prometheus') ? http(ports.prometheus) : null,
    alertmanager: has('alertmanager') ? http(ports.alertmanager) : null,
    postgres: has('postgres') ? postgres('postgres', secrets.postgresPassword) : null,
    postgresAuditor: has('postgres')
      ? postgres('telltale_auditor', secrets.auditAuditorPassword)
      : null,
    redis: has('redis') ? `redis://127.0.0.1:${ports.redis}` : null,
    collectorMetrics: has('collector') ? `${http(ports.collectorMetrics)}/metrics` : null,
    checkpoints: checkpointDirectory(stateDirectory),
    checkpointPublicKey: existsSync(publicKey) ? publicKey : null,
    pids: Object.fromEntries(running.map(({ name, pid }) => [name, pid])),
    logs: join(stateDirectory, 'logs'),
  }
}

function http(port: number | undefined): string {
  return `http://127.0.0.1:${port}`
}
