import {
  type SettingsOf,
  flag,
  httpUrl,
  millis,
  oneOf,
  optional,
  text,
  wholeNumber,
} from '../config/setting.ts'

/** Settings of the audit trail. */
export interface AuditOptions {
  /** Base URL of the audit receiver; `/v1/logs` is appended. Default: the host of the OTLP endpoint, port 4319. */
  endpoint?: string | undefined
  /** Bearer token that the audit receiver asks for. */
  token?: string | undefined
  /** Folder on a local disk that keeps records until the Collector has committed them; see docs/guide/audit-spool.md. Default: `telltale/audit` in `$XDG_STATE_HOME`, or else in `~/.local/state`. */
  spoolDirectory?: string | undefined
  /** Bytes in that folder at which records are refused; nothing older is dropped. Default 1 GiB. */
  spoolMaxBytes?: number | undefined
  /** Longest time that a record with the durability `stored` waits for its commit, in milliseconds; it stays in the spool and is delivered later. Default 10 000. */
  timeoutMillis?: number | undefined
  /** `gzip` or `none` (default): how requests to the audit receiver are compressed. */
  compression?: 'gzip' | 'none' | undefined
  /** File with the CA certificates that the audit receiver's certificate is checked against, PEM. Default: that of `otlp`. */
  certificateFile?: string | undefined
  /** File with the private key for mutual TLS with the audit receiver, PEM. Default: that of `otlp`. */
  clientKeyFile?: string | undefined
  /** File with the certificate chain for mutual TLS with the audit receiver, PEM. Default: that of `otlp`. */
  clientCertificateFile?: string | undefined
  /** Also emits each record as an ordinary log record, `[AUDIT] <event>` with the attribute `audit: true`, for reading; what is erasable is left out. Default false. */
  mirrorLog?: boolean | undefined
  /** Also appends each record to this file as one line of JSON, for reading: the event is `action`, details stand at the top level, what is erasable is left out. */
  mirrorFile?: string | undefined
}

const file = (env: string) => optional(text({ env, default: '' }))

export const auditSettings = {
  endpoint: httpUrl<string | undefined>({ env: 'TELLTALE_AUDIT_ENDPOINT', default: undefined }),
  token: text<string | undefined>({
    env: 'TELLTALE_AUDIT_TOKEN',
    default: undefined,
    secret: true,
  }),
  spoolDirectory: file('TELLTALE_AUDIT_SPOOL_DIRECTORY'),
  spoolMaxBytes: wholeNumber({
    env: 'TELLTALE_AUDIT_SPOOL_MAX_BYTES',
    default: 2 ** 30,
    min: 2 ** 20,
  }),
  timeoutMillis: millis({
    env: 'TELLTALE_AUDIT_TIMEOUT_MILLIS',
    default: 10_000,
    min: 1,
  }),
  compression: oneOf(['gzip', 'none'], { env: 'TELLTALE_AUDIT_COMPRESSION', default: 'none' }),
  certificateFile: file('TELLTALE_AUDIT_CERTIFICATE_FILE'),
  clientKeyFile: file('TELLTALE_AUDIT_CLIENT_KEY_FILE'),
  clientCertificateFile: file('TELLTALE_AUDIT_CLIENT_CERTIFICATE_FILE'),
  mirrorLog: flag({ env: 'TELLTALE_AUDIT_MIRROR_LOG', default: false }),
  mirrorFile: text<string | undefined>({ env: 'TELLTALE_AUDIT_MIRROR_FILE', default: undefined }),
} satisfies SettingsOf<AuditOptions>
