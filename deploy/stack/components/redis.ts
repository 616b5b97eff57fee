import { symlinkSync } from 'node:fs'
import { join } from 'node:path'
import type { ComponentPlan } from '../component.ts'
import { configurationFile } from '../configuration.ts'
import { componentVariables } from '../environment.ts'
import { acceptsConnections } from '../ready.ts'
import { directoryOf, logFileOf, type PlanContext } from './plan-context.ts'

/** Redis, from the system's program. */
export function planRedis(context: PlanContext, program: string): ComponentPlan {
  const directory = directoryOf(context, 'redis')
  const port = context.ports.redis
  // The one program of Debian's redis-tools decides by its own name what it is.
  const server = join(directory, 'redis-server')
  return {
    name: 'redis',
    command: {
      program: server,
      args: [
        configurationFile(context.environment, 'redis'),
        '--bind',
        '127.0.0.1',
        '--port',
        String(port),
        '--dir',
        directory,
      ],
      directory,
      variables: componentVariables(context.environment),
      logFile: logFileOf(context, 'redis'),
      endSignals: ['SIGTERM'],
      graceMillis: 3_000,
    },
    stopSignals: { fast: 'SIGTERM', immediate: 'SIGKILL' },
    readyWithinMillis: 10_000,
    isReady: async () => acceptsConnections(port),
    prepare: async () => symlinkSync(program, server),
  }
}
