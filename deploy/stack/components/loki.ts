import type { ComponentPlan } from '../component.ts'
import { configurationFile } from '../configuration.ts'
import { componentVariables } from '../environment.ts'
import { answersOk } from '../ready.ts'
import { directoryOf, logFileOf, type PlanContext } from './plan-context.ts'

/** Loki as one process with its data in the stack's folder. */
export function planLoki(context: PlanContext, program: string): ComponentPlan {
  const { ports } = context
  const directory = directoryOf(context, 'loki')
  return {
    name: 'loki',
    command: {
      program,
      args: [
        `-config.file=${configurationFile(context.environment, 'loki')}`,
        '-config.expand-env=true',
      ],
      directory,
      variables: {
        ...componentVariables(context.environment),
        LOKI_LISTEN_HOST: '127.0.0.1',
        LOKI_HTTP_PORT: String(ports.lokiHttp),
        LOKI_GRPC_PORT: String(ports.lokiGrpc),
        LOKI_STATE_DIRECTORY: directory,
        LOKI_RETENTION_PERIOD: '720h',
        LOKI_AUDIT_RETENTION_PERIOD: '2160h',
        ALERTMANAGER_URL: `http://127.0.0.1:${ports.alertmanager}`,
      },
      logFile: logFileOf(context, 'loki'),
      endSignals: ['SIGTERM'],
      graceMillis: 10_000,
    },
    stopSignals: { fast: 'SIGTERM', immediate: 'SIGKILL' },
    readyWithinMillis: 90_000,
    isReady: async () => answersOk(`http://127.0.0.1:${ports.lokiHttp}/ready`),
  }
}
