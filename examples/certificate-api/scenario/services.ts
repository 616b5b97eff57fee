import { join } from 'node:path'
import type { StackAddresses } from '../../../deploy/stack/stack.ts'
import { type Service, startService } from '../../support/services.ts'
import { telemetryVariables } from '../../support/telemetry-variables.ts'

const directory = new URL('../', import.meta.url)

/** Starts the private CA. @param partnersDays - how long the certificate of the authority `partners` is good for */
export async function startPrivateCa(
  addresses: StackAddresses,
  name: string,
  options: { readonly port: string; readonly partnersDays: number },
): Promise<Service> {
  return startService({
    name,
    directory,
    script: 'private-ca/server.ts',
    logFile: join(addresses.logs, `${name}.log`),
    readyLine: /listening at (http:\S+)/,
    metricsPort: 0,
    variables: {
      ...telemetryVariables(addresses, addresses.logs, name),
      PORT: options.port,
      CA_PARTNERS_DAYS: String(options.partnersDays),
    },
  })
}

/** Starts certificate-api. */
export async function startCertificateApi(
  addresses: StackAddresses,
  name: string,
  variables: Readonly<Record<string, string>>,
): Promise<Service> {
  return startService({
    name,
    directory,
    script: 'src/server.ts',
    logFile: join(addresses.logs, `${name}.log`),
    readyLine: /^certificate-api listening at (http:\S+)/m,
    metricsPort: 0,
    variables: {
      ...telemetryVariables(addresses, addresses.logs, name),
      TELLTALE_LOG_STDOUT: 'true',
      PORT: '0',
      ...variables,
    },
  })
}
