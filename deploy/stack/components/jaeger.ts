import type { ComponentPlan } from '../component.ts'
import { configurationFile } from '../configuration.ts'
import { componentVariables } from '../environment.ts'
import { answersOk } from '../ready.ts'
import { directoryOf, logFileOf, type PlanContext } from './plan-context.ts'

/** Jaeger with its traces in memory. */
export function planJaeger(context: PlanContext, program: string): ComponentPlan {
  const { ports } = context
  return {
    name: 'jaeger',
    command: {
      program,
      args: ['--config', configurationFile(context.environment, 'jaeger')],
      directory: directoryOf(context, 'jaeger'),
      variables: {
        ...componentVariables(context.environment),
        JAEGER_LISTEN_HOST: '127.0.0.1',
        JAEGER_MAX_TRACES: '100000',
        JAEGER_QUERY_PORT: String(ports.jaegerQuery),
        JAEGER_QUERY_GRPC_PORT: String(ports.jaegerQueryGrpc),
        JAEGER_OTLP_HTTP_PORT: String(ports.jaegerOtlpHttp),
        JAEGER_METRICS_PORT: String(ports.jaegerMetrics),
        JAEGER_HEALTH_PORT: String(ports.jaegerHealth),
      },
      logFile: logFileOf(context, 'jaeger'),
      endSignals: ['SIGTERM'],
      graceMillis: 5_000,
    },
    stopSignals: { fast: 'SIGTERM', immediate: 'SIGKILL' },
    readyWithinMillis: 60_000,
    isReady: async () =>
      (await answersOk(`http://127.0.0.1:${ports.jaegerHealth}/status`)) &&
      answersOk(`http://127.0.0.1:${ports.jaegerQuery}/api/v3/services`),
  }
}
