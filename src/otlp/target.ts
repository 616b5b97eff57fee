import { readFileSync } from 'node:fs'
import type { Settled } from '../config/setting.ts'
import type { OtlpProtocol, otlpSettings } from './options.ts'

/** The signals that leave by OTLP through the shared endpoint. */
export type OtlpSignal = 'traces' | 'logs'

/** TLS material, as Node.js takes it; empty over plain HTTP. */
export interface TlsMaterial {
  readonly ca?: Buffer
  readonly key?: Buffer
  readonly cert?: Buffer
}

/** Files with TLS material, PEM. */
export type TlsFiles = Pick<
  Settled<typeof otlpSettings>,
  'certificateFile' | 'clientKeyFile' | 'clientCertificateFile'
>

/** Where one signal goes, and how. */
export interface OtlpTarget {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly protocol: OtlpProtocol
  readonly timeoutMillis: number
  readonly compression: 'gzip' | 'none'
  readonly tls: TlsMaterial
}

/**
 * The target of one signal: what is set for the signal wins over what is set for all.
 *
 * @see https://opentelemetry.io/docs/specs/otel/protocol/exporter/
 */
export function resolveTarget(
  settings: Settled<typeof otlpSettings>,
  signal: OtlpSignal,
  warnings: string[],
): OtlpTarget {
  const own = settings[`${signal}Endpoint`]
  const headers = { ...settings.headers, ...settings[`${signal}Headers`] }
  return {
    url: own ?? `${(settings.endpoint ?? '').replace(/\/+$/, '')}/v1/${signal}`,
    headers,
    protocol: settings[`${signal}Protocol`] ?? settings.protocol ?? 'http/json',
    timeoutMillis: settings[`${signal}TimeoutMillis`] ?? settings.timeoutMillis ?? 10_000,
    compression: settings[`${signal}Compression`] ?? settings.compression ?? 'none',
    tls: readTls(settings, warnings),
  }
}

/** An endpoint as people may see it: without the credentials and the query it may carry. */
export function toShownUrl(url: string): string {
  const shown = new URL(url)
  shown.username = ''
  shown.password = ''
  shown.search = ''
  return shown.href
}

/** Reads the TLS files named by the settings; one that cannot be read is a warning. */
export function readTls(settings: TlsFiles, warnings: string[]): TlsMaterial {
  const tls: { ca?: Buffer; key?: Buffer; cert?: Buffer } = {}
  const files = {
    ca: settings.certificateFile,
    key: settings.clientKeyFile,
    cert: settings.clientCertificateFile,
  } as const
  for (const [kind, path] of Object.entries(files) as [keyof typeof files, string | undefined][]) {
    if (path === undefined) continue
    try {
      tls[kind] = readFileSync(path)
    } catch (error) {
      const warning = `the file ${path} for TLS to the Collector cannot be read: ${(error as Error).message}`
      if (!warnings.includes(warning)) warnings.push(warning)
    }
  }
  return tls
}
