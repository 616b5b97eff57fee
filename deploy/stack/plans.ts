import type { BinaryName } from './binaries.ts'
import type { ComponentName, ComponentPlan } from './component.ts'
import { planAlertmanager } from './components/alertmanager.ts'
import { planCollector } from './components/collector.ts'
import { planJaeger } from './components/jaeger.ts'
import { planLoki } from './components/loki.ts'
import type { PlanContext } from './components/plan-context.ts'
import { planPostgres } from './components/postgres.ts'
import { planPrometheus } from './components/prometheus.ts'
import { planRedis } from './components/redis.ts'
import type { PortName } from './ports.ts'
import type { FoundPrograms } from './requirements.ts'

const PORTS: Readonly<Record<ComponentName, readonly PortName[]>> = {
  postgres: ['postgres'],
  redis: ['redis'],
  jaeger: ['jaegerQuery', 'jaegerQueryGrpc', 'jaegerOtlpHttp', 'jaegerMetrics', 'jaegerHealth'],
  loki: ['lokiHttp', 'lokiGrpc'],
  collector: [
    'collectorOtlpHttp',
    'collectorOtlpGrpc',
    'collectorAudit',
    'collectorMetrics',
    'collectorHealth',
  ],
  prometheus: ['prometheus'],
  alertmanager: ['alertmanager'],
}

const BINARIES = ['jaeger', 'loki', 'collector', 'prometheus', 'alertmanager'] as const

/** The programs that these components need and that are built from source. */
export function binariesOf(components: readonly ComponentName[]): readonly BinaryName[] {
  return BINARIES.filter((name) => components.includes(name))
}

/** The ports that these components listen on. */
export function portsOf(components: readonly ComponentName[]): readonly PortName[] {
  return components.flatMap((component) => PORTS[component])
}

/** The programs of a stack: those that were built and those that were found. */
export interface StackPrograms {
  readonly built: ReadonlyMap<BinaryName, string>
  readonly found: FoundPrograms
}

/** How one component is run; nothing runs yet. */
export function planComponent(
  name: ComponentName,
  context: PlanContext,
  { built, found }: StackPrograms,
  beside: readonly ComponentName[],
): ComponentPlan {
  const plans: Record<ComponentName, () => ComponentPlan> = {
    postgres: () => planPostgres(context, found.postgres ?? ''),
    redis: () => planRedis(context, found.redis ?? ''),
    jaeger: () => planJaeger(context, built.get('jaeger') ?? ''),
    loki: () => planLoki(context, built.get('loki') ?? ''),
    collector: () => planCollector(context, built.get('collector') ?? ''),
    prometheus: () => planPrometheus(context, built.get('prometheus') ?? '', beside),
    alertmanager: () => planAlertmanager(context, built.get('alertmanager') ?? ''),
  }
  return plans[name]()
}
