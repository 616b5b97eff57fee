import { context } from '@opentelemetry/api'
import type { Instrumentation, InstrumentationConfig } from '@opentelemetry/instrumentation'
import type { IncomingMessage } from 'node:http'
import { loadPackage } from '../core/load-package.ts'

interface HttpConfig extends InstrumentationConfig {
  ignoreIncomingRequestHook?: (request: IncomingMessage) => boolean
  ignoreOutgoingRequestHook?: (options: unknown) => boolean
  ignoreRequestHook?: (request: unknown) => boolean
}

/**
 * Keeps our own traffic out of the application's: scrapes and exports make no spans and do not count in
 * `http.server.request.duration` or `http.client.request.duration`. Hooks that are set already stay in force.
 */
export function hideOwnTraffic(
  instrumentation: Instrumentation,
  isOwnRequest: (request: IncomingMessage) => boolean,
): void {
  const { isTracingSuppressed } = loadPackage(
    '@opentelemetry/core',
  ) as typeof import('@opentelemetry/core')
  const isOwnExport = (): boolean => isTracingSuppressed(context.active())
  const config = instrumentation.getConfig() as HttpConfig
  if (instrumentation.instrumentationName === '@opentelemetry/instrumentation-http') {
    const { ignoreIncomingRequestHook: incoming, ignoreOutgoingRequestHook: outgoing } = config
    instrumentation.setConfig({
      ...config,
      ignoreIncomingRequestHook: (request: IncomingMessage) =>
        isOwnRequest(request) || (incoming?.(request) ?? false),
      ignoreOutgoingRequestHook: (options: unknown) =>
        isOwnExport() || (outgoing?.(options) ?? false),
    } as HttpConfig)
  }
  if (instrumentation.instrumentationName === '@opentelemetry/instrumentation-undici') {
    const { ignoreRequestHook: ignored } = config
    instrumentation.setConfig({
      ...config,
      ignoreRequestHook: (request: unknown) => isOwnExport() || (ignored?.(request) ?? false),
    } as HttpConfig)
  }
}
