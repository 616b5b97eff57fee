import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { ensureBinaries } from '../../../deploy/stack/binary-cache.ts'
import { checkpointDirectory, checkpointKeyFile } from '../../../deploy/stack/checkpoint-key.ts'
import { type Component, createComponent } from '../../../deploy/stack/component.ts'
import { planCollector } from '../../../deploy/stack/components/collector.ts'
import type { PlanContext } from '../../../deploy/stack/components/plan-context.ts'
import { newSecret } from '../../../deploy/stack/database.ts'
import { readLauncherEnvironment } from '../../../deploy/stack/environment.ts'
import { claimPorts, type PortName } from '../../../deploy/stack/ports.ts'
import { acceptsConnections, answers } from '../../../deploy/stack/ready.ts'
import type { StackAddresses } from '../../../deploy/stack/stack.ts'
import { query } from './database.ts'

/** How a Collector beside the stack's own differs from it. */
export interface CollectorOptions {
  /** Folder for its state; one for each. */
  readonly folder: string
  /** A file in `otel-collector/config`. Default the one that runs everything. */
  readonly configuration?: string
  readonly variables?: Readonly<Record<string, string>>
}

/** A Collector on the same database as the stack's own. */
export interface SecondCollector extends AsyncDisposable {
  readonly component: Component
  readonly otlp: string
  readonly auditOtlp: string
  readonly metrics: string
}

const PORTS: readonly PortName[] = [
  'collectorOtlpHttp',
  'collectorOtlpGrpc',
  'collectorAudit',
  'collectorMetrics',
  'collectorHealth',
]

/** Starts one more Collector, planned like the stack's, with a database user of its own. */
export async function startSecondCollector(
  addresses: StackAddresses,
  { folder, configuration, variables = {} }: CollectorOptions,
): Promise<SecondCollector> {
  await using begun = new AsyncDisposableStack()
  const environment = readLauncherEnvironment()
  const programs = await ensureBinaries(['collector'], environment, () => {})
  const claimed = await claimPorts(PORTS, false)
  begun.defer(async () => claimed.release())
  mkdirSync(join(folder, 'logs'), { recursive: true })
  const plan = planCollector(
    toContext(addresses, folder, claimed.numbers),
    programs.get('collector') ?? '',
  )
  const config = join(environment.repository, 'otel-collector/config', configuration ?? '')
  const args = plan.command.args.map((argument) =>
    configuration && argument.endsWith('collector.yaml') ? config : argument,
  )
  const component = createComponent(
    {
      ...plan,
      isReady: async () => isReady(claimed.numbers),
      command: {
        ...plan.command,
        args,
        variables: {
          ...plan.command.variables,
          AUDIT_POSTGRES_DSN: await createWriter(addresses.postgres),
          ...ofStack(join(addresses.checkpoints, '..')),
          ...variables,
        },
      },
    },
    () => {},
  )
  begun.defer(async () => component.stop())
  await component.start()
  const running = begun.move()
  const { numbers } = claimed
  return {
    component,
    otlp: `http://127.0.0.1:${numbers.collectorOtlpHttp}`,
    auditOtlp: `http://127.0.0.1:${numbers.collectorAudit}`,
    metrics: `http://127.0.0.1:${numbers.collectorMetrics}/metrics`,
    [Symbol.asyncDispose]: async () => running.disposeAsync(),
  }
}

function toContext(
  addresses: StackAddresses,
  stateDirectory: string,
  ports: Readonly<Record<PortName, number>>,
): PlanContext {
  return {
    environment: readLauncherEnvironment(),
    stateDirectory,
    ports: { ...ports, postgres: portOf(addresses.postgres), lokiHttp: portOf(addresses.loki) },
    secrets: {
      // The stack keeps its passwords to itself: this Collector logs in as somebody else.
      postgresPassword: '',
      auditWriterPassword: '',
      auditAuditorPassword: '',
      auditToken: addresses.auditToken,
    },
  }
}

/** A half of the split configuration has only its half of the ports. */
async function isReady(ports: Readonly<Record<PortName, number>>): Promise<boolean> {
  const [isUp, ...receivers] = await Promise.all([
    answers(`http://127.0.0.1:${ports.collectorHealth}/`),
    acceptsConnections(ports.collectorOtlpHttp),
    acceptsConnections(ports.collectorAudit),
  ])
  return isUp && receivers.includes(true)
}

/** Tokens and checkpoints are those of the stack: to the verifier both Collectors are one installation. */
function ofStack(stateDirectory: string): Record<string, string> {
  return {
    AUDIT_TOKEN_DIRECTORY: join(stateDirectory, 'audit-tokens'),
    AUDIT_CHECKPOINT_KEY_FILE: checkpointKeyFile(stateDirectory),
    AUDIT_CHECKPOINT_DIRECTORY: checkpointDirectory(stateDirectory),
  }
}

async function createWriter(postgres: string): Promise<string> {
  const name = `faults_writer_${newSecret().replaceAll(/\W/g, '').toLowerCase().slice(0, 12)}`
  const password = newSecret()
  await query(postgres, `CREATE ROLE ${name} LOGIN PASSWORD '${password}' IN ROLE audit_writer`)
  const url = new URL(postgres)
  url.username = name
  url.password = password
  return `${url.href}?sslmode=disable`
}

function portOf(url: string): number {
  return Number(new URL(url).port)
}
