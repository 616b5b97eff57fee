import { join } from 'node:path'
import type { StackAddresses } from '../../../deploy/stack/stack.ts'
import { type Service, startService } from '../../support/services.ts'
import { telemetryVariables } from '../../support/telemetry-variables.ts'

/** A program of the platform's system. */
export interface Program {
  readonly name: string
  readonly script: string
  readonly variables?: Readonly<Record<string, string>>
  /** The line it writes when it is ready; that it listens, without one. */
  readonly readyLine?: RegExp
}

/** Starts a program of the platform's system under the preload. */
export async function startProgram(
  addresses: StackAddresses,
  { name, script, variables = {}, readyLine = /^\w+ listening at (http:\S+)/m }: Program,
): Promise<Service> {
  return startService({
    name,
    directory: new URL('../', import.meta.url),
    script,
    logFile: join(addresses.logs, `platform-${name}.log`),
    readyLine,
    metricsPort: 0,
    variables: {
      ...telemetryVariables(addresses, addresses.logs, name),
      PORT: '0',
      ...variables,
    },
  })
}
