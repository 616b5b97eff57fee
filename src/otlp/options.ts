import {
  type SettingsOf,
  httpUrl,
  keyValues,
  millis,
  oneOf,
  optional,
  text,
} from '../config/setting.ts'

const PROTOCOLS = ['http/protobuf', 'http/json'] as const
const COMPRESSIONS = ['gzip', 'none'] as const

/** An OTLP protocol over HTTP. */
export type OtlpProtocol = (typeof PROTOCOLS)[number]

/** Where traces and logs go, and how. Audit records have an endpoint of their own. */
export interface OtlpOptions {
  /** Base URL of the Collector; `/v1/traces` and `/v1/logs` are appended. Default `http://localhost:4318`. */
  endpoint?: string | undefined
  /** Whole URL for traces, used as it is. */
  tracesEndpoint?: string | undefined
  /** Whole URL for logs, used as it is. */
  logsEndpoint?: string | undefined
  /** HTTP headers sent with every export, such as an API key. */
  headers?: Readonly<Record<string, string>> | undefined
  /** HTTP headers for traces, added to `headers`. */
  tracesHeaders?: Readonly<Record<string, string>> | undefined
  /** HTTP headers for logs, added to `headers`. */
  logsHeaders?: Readonly<Record<string, string>> | undefined
  /** `http/json` (default) or `http/protobuf`. */
  protocol?: OtlpProtocol | undefined
  /** Protocol for traces, when it differs. */
  tracesProtocol?: OtlpProtocol | undefined
  /** Protocol for logs, when it differs. */
  logsProtocol?: OtlpProtocol | undefined
  /** Longest time for one export with its retries, in milliseconds. Default 10 000. */
  timeoutMillis?: number | undefined
  /** `timeoutMillis` for traces, when it differs. */
  tracesTimeoutMillis?: number | undefined
  /** `timeoutMillis` for logs, when it differs. */
  logsTimeoutMillis?: number | undefined
  /** `gzip` or `none` (default). */
  compression?: (typeof COMPRESSIONS)[number] | undefined
  /** Compression for traces, when it differs. */
  tracesCompression?: (typeof COMPRESSIONS)[number] | undefined
  /** Compression for logs, when it differs. */
  logsCompression?: (typeof COMPRESSIONS)[number] | undefined
  /** File with the CA certificates that the Collector's certificate is checked against, PEM. */
  certificateFile?: string | undefined
  /** File with the private key for mutual TLS, PEM. */
  clientKeyFile?: string | undefined
  /** File with the certificate chain for mutual TLS, PEM. */
  clientCertificateFile?: string | undefined
}

const orInherit = { default: undefined } as const

export const otlpSettings = {
  endpoint: httpUrl<string>({
    env: 'OTEL_EXPORTER_OTLP_ENDPOINT',
    default: 'http://localhost:4318',
  }),
  tracesEndpoint: httpUrl<string | undefined>({
    env: 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT',
    ...orInherit,
  }),
  logsEndpoint: httpUrl<string | undefined>({
    env: 'OTEL_EXPORTER_OTLP_LOGS_ENDPOINT',
    ...orInherit,
  }),
  headers: keyValues<Readonly<Record<string, string>>>({
    env: 'OTEL_EXPORTER_OTLP_HEADERS',
    default: {},
    secret: true,
  }),
  tracesHeaders: keyValues<Readonly<Record<string, string>>>({
    env: 'OTEL_EXPORTER_OTLP_TRACES_HEADERS',
    default: {},
    secret: true,
  }),
  logsHeaders: keyValues<Readonly<Record<string, string>>>({
    env: 'OTEL_EXPORTER_OTLP_LOGS_HEADERS',
    default: {},
    secret: true,
  }),
  protocol: oneOf(PROTOCOLS, { env: 'OTEL_EXPORTER_OTLP_PROTOCOL', default: 'http/json' }),
  tracesProtocol: optional(
    oneOf(PROTOCOLS, { env: 'OTEL_EXPORTER_OTLP_TRACES_PROTOCOL', default: 'http/json' }),
  ),
  logsProtocol: optional(
    oneOf(PROTOCOLS, { env: 'OTEL_EXPORTER_OTLP_LOGS_PROTOCOL', default: 'http/json' }),
  ),
  timeoutMillis: millis({ env: 'OTEL_EXPORTER_OTLP_TIMEOUT', default: 10_000, min: 1 }),
  tracesTimeoutMillis: optional(
    millis({ env: 'OTEL_EXPORTER_OTLP_TRACES_TIMEOUT', default: 10_000, min: 1 }),
  ),
  logsTimeoutMillis: optional(
    millis({ env: 'OTEL_EXPORTER_OTLP_LOGS_TIMEOUT', default: 10_000, min: 1 }),
  ),
  compression: oneOf(COMPRESSIONS, { env: 'OTEL_EXPORTER_OTLP_COMPRESSION', default: 'none' }),
  tracesCompression: optional(
    oneOf(COMPRESSIONS, { env: 'OTEL_EXPORTER_OTLP_TRACES_COMPRESSION', default: 'none' }),
  ),
  logsCompression: optional(
    oneOf(COMPRESSIONS, { env: 'OTEL_EXPORTER_OTLP_LOGS_COMPRESSION', default: 'none' }),
  ),
  certificateFile: text<string | undefined>({
    env: 'OTEL_EXPORTER_OTLP_CERTIFICATE',
    ...orInherit,
  }),
  clientKeyFile: text<string | undefined>({ env: 'OTEL_EXPORTER_OTLP_CLIENT_KEY', ...orInherit }),
  clientCertificateFile: text<string | undefined>({
    env: 'OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE',
    ...orInherit,
  }),
} satisfies SettingsOf<OtlpOptions>
