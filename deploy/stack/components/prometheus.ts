import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ComponentName, ComponentPlan } from '../component.ts'
import { configurationFile } from '../configuration.ts'
import { componentVariables } from '../environment.ts'
import { answersOk } from '../ready.ts'
import { directoryOf, logFileOf, type PlanContext } from './plan-context.ts'

/** Prometheus; it scrapes the stack and whatever is named in its folder `targets/services`. */
export function planPrometheus(
  context: PlanContext,
  program: string,
  beside: readonly ComponentName[],
): ComponentPlan {
  const directory = directoryOf(context, 'prometheus')
  const url = `http://127.0.0.1:${context.ports.prometheus}`
  return {
    name: 'prometheus',
    command: {
      program,
      args: [
        `--config.file=${join(directory, 'prometheus.yaml')}`,
        `--storage.tsdb.path=${join(directory, 'data')}`,
        `--web.listen-address=127.0.0.1:${context.ports.prometheus}`,
        '--web.enable-lifecycle',
        '--web.enable-otlp-receiver',
        '--log.level=warn',
      ],
      directory,
      variables: componentVariables(context.environment),
      logFile: logFileOf(context, 'prometheus'),
      endSignals: ['SIGTERM'],
      graceMillis: 10_000,
    },
    stopSignals: { fast: 'SIGTERM', immediate: 'SIGKILL' },
    readyWithinMillis: 60_000,
    isReady: async () => answersOk(`${url}/-/ready`),
    prepare: async () => prepare(context, directory, beside),
  }
}

/** Adds or replaces a scrape target of a stack's Prometheus; it is seen within five seconds. */
export function addScrapeTarget(
  stateDirectory: string,
  name: string,
  target: { readonly address: string; readonly labels?: Readonly<Record<string, string>> },
): void {
  const folder = join(stateDirectory, 'prometheus', 'targets', 'services')
  const entry = [{ targets: [target.address], labels: target.labels ?? {} }]
  writeFileSync(join(folder, `${name}.json`), JSON.stringify(entry))
}

// Relative paths in the configuration count from the folder it is found in: a link to the one file
// makes them point here, where this stack's targets are.
async function prepare(
  context: PlanContext,
  directory: string,
  beside: readonly ComponentName[],
): Promise<void> {
  const { ports } = context
  mkdirSync(join(directory, 'targets', 'services'), { recursive: true })
  const { environment } = context
  symlinkSync(configurationFile(environment, 'prometheus'), join(directory, 'prometheus.yaml'))
  symlinkSync(configurationFile(environment, 'prometheusRules'), join(directory, 'rules'))
  const metricsPorts: Partial<Record<ComponentName, number>> = {
    collector: ports.collectorMetrics,
    jaeger: ports.jaegerMetrics,
    loki: ports.lokiHttp,
    prometheus: ports.prometheus,
  }
  const stack = beside
    .filter((component) => metricsPorts[component])
    .map((component) => ({
      targets: [`127.0.0.1:${metricsPorts[component]}`],
      labels: { component },
    }))
  writeTargets(directory, 'stack', stack)
  const alertmanagers = beside.includes('alertmanager')
    ? [{ targets: [`127.0.0.1:${ports.alertmanager}`] }]
    : []
  writeTargets(directory, 'alertmanager', alertmanagers)
}

function writeTargets(directory: string, name: string, groups: readonly object[]): void {
  // JSON is YAML too.
  writeFileSync(join(directory, 'targets', `${name}.yaml`), JSON.stringify(groups))
}
