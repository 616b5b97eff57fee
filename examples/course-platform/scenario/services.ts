import { join } from 'node:path'
import type { StackAddresses } from '../../../deploy/stack/stack.ts'
import { type Service, startService } from '../../support/services.ts'
import { telemetryVariables } from '../../support/telemetry-variables.ts'

/** Starts course-platform. */
export async function startCoursePlatform(
  addresses: StackAddresses,
  name: string,
  variables: Readonly<Record<string, string>>,
): Promise<Service> {
  return startService({
    name,
    directory: new URL('../', import.meta.url),
    script: 'src/server.ts',
    logFile: join(addresses.logs, `${name}.log`),
    readyLine: /^course-platform listening at (http:\S+)/m,
    metricsPort: 0,
    variables: {
      ...telemetryVariables(addresses, addresses.logs, name),
      PORT: '0',
      TELLTALE_LOG_STDOUT: 'true',
      TRUSTED_PROXIES: '127.0.0.1',
      ...variables,
    },
  })
}
