import { join } from 'node:path'
import type { StackAddresses } from '../../../deploy/stack/stack.ts'
import { telemetryVariables } from '../../../examples/support/telemetry-variables.ts'
import { type Service, startService } from '../../../examples/support/services.ts'

/** What else can be said of a log record. */
export interface LogDetails {
  readonly component?: string
  readonly level?: 'info' | 'error'
  readonly status?: string
}

/** The probe application, running. */
export interface Probe extends AsyncDisposable {
  readonly service: Service
  /** Records one audit record, and waits until it is committed or only on the disk; `code` is the error's. */
  record(
    id: string,
    durability?: 'spooled' | 'stored',
  ): Promise<{ readonly status: number; readonly code?: string }>
  /** Writes one log record of a tenant; of the component `probe` and the level `info`, unless told otherwise. */
  log(tenant: string, message: string, more?: LogDetails): Promise<void>
}

/** Starts the probe application under the preload. */
export async function startProbe(
  addresses: StackAddresses,
  name: string,
  variables: Readonly<Record<string, string>> = {},
): Promise<Probe> {
  const service = await startService({
    name,
    directory: new URL('./', import.meta.url),
    script: 'probe-app.ts',
    logFile: join(addresses.logs, `${name}.log`),
    readyLine: /listening at (http:\S+)/,
    metricsPort: 0,
    variables: {
      ...telemetryVariables(addresses, addresses.logs, name),
      ...variables,
    },
  })
  const post = async (path: string, query: Record<string, string>): Promise<Response> =>
    fetch(`${service.url}${path}?${new URLSearchParams(query).toString()}`, { method: 'POST' })
  return {
    service,
    record: async (id, durability = 'stored') => {
      const response = await post('/record', { id, durability })
      const body: { code?: string } = JSON.parse(await response.text())
      return { status: response.status, ...body }
    },
    log: async (tenant, message, more) => {
      await post('/log', { tenant, message, ...more })
    },
    [Symbol.asyncDispose]: async () => service[Symbol.asyncDispose](),
  }
}
