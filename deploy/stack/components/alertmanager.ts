import type { ComponentPlan } from '../component.ts'
import { configurationFile } from '../configuration.ts'
import { componentVariables } from '../environment.ts'
import { answersOk } from '../ready.ts'
import { directoryOf, logFileOf, type PlanContext } from './plan-context.ts'

/** Alertmanager, alone: no cluster of several. */
export function planAlertmanager(context: PlanContext, program: string): ComponentPlan {
  const directory = directoryOf(context, 'alertmanager')
  const address = `127.0.0.1:${context.ports.alertmanager}`
  return {
    name: 'alertmanager',
    command: {
      program,
      args: [
        `--config.file=${configurationFile(context.environment, 'alertmanager')}`,
        `--storage.path=${directory}`,
        `--web.listen-address=${address}`,
        '--cluster.listen-address=',
        '--log.level=warn',
      ],
      directory,
      variables: componentVariables(context.environment),
      logFile: logFileOf(context, 'alertmanager'),
      endSignals: ['SIGTERM'],
      graceMillis: 5_000,
    },
    stopSignals: { fast: 'SIGTERM', immediate: 'SIGKILL' },
    readyWithinMillis: 30_000,
    isReady: async () => answersOk(`http://${address}/-/ready`),
  }
}
