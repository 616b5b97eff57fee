import {
  type Setting,
  flag as flagSetting,
  httpUrl,
  optional,
  text,
  wholeNumber,
} from '../config/setting.ts'
import type { Option } from './command.ts'

/** An option with a value, checked by a setting's rule. */
export function option<Value>(
  placeholder: string,
  about: string,
  setting: Setting<Value>,
): Option<Value> {
  return { placeholder, about, setting }
}

/** The same option, which must be given. */
export function required<Value>(given: Option<Value | undefined>): Option<Value> {
  return { ...given, required: true } as Option<Value>
}

/** An option without a value. */
export function flag(about: string): Option<boolean> {
  return { about, setting: flagSetting({ default: false }) }
}

/** A moment in RFC 3339, or a day, which starts at midnight UTC. */
export function instant(about: string): Option<string | undefined> {
  return option(
    'TIME',
    about,
    text<string | undefined>({
      default: undefined,
      rule: 'a moment as 2026-11-21 or 2026-11-21T15:00:00Z',
      accepts: (value) =>
        /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:\d\d))?$/.test(value) &&
        Number.isFinite(Date.parse(value)),
    }),
  )
}

/** Where the audit database is. Without it the `PG*` variables say so. */
export const postgresOption: Option<string | undefined> = option(
  'URL',
  'The audit database. Without it the variables of libpq say where it is: PGHOST, PGPORT, PGUSER, PGPASSWORD, PGDATABASE.',
  optional(
    text({
      env: 'TELLTALE_AUDIT_POSTGRES',
      default: '',
      secret: true,
      rule: 'a URL postgres://user@host:port/database',
      accepts: (value) => URL.canParse(value) && /^postgres(?:ql)?:$/.test(new URL(value).protocol),
    }),
  ),
)

/** Where a command's own audit records go, and how it is let in there. */
export const auditReceiverOptions: {
  readonly endpoint: Option<string | undefined>
  readonly token: Option<string | undefined>
  readonly certificate: Option<string | undefined>
  readonly clientCertificate: Option<string | undefined>
  readonly clientKey: Option<string | undefined>
} = {
  endpoint: option(
    'URL',
    'Base URL of the audit receiver, which stores the record of what is done here.',
    httpUrl<string | undefined>({ env: 'TELLTALE_AUDIT_ENDPOINT', default: undefined }),
  ),
  token: option(
    'TOKEN',
    'Bearer token of the audit receiver. The variable keeps it out of the list of processes.',
    text<string | undefined>({ env: 'TELLTALE_AUDIT_TOKEN', default: undefined, secret: true }),
  ),
  certificate: file(
    'Certificates that the audit receiver is checked by, PEM.',
    'OTEL_EXPORTER_OTLP_CERTIFICATE',
  ),
  clientCertificate: file(
    'Certificate shown to the audit receiver, PEM.',
    'OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE',
  ),
  clientKey: file('Private key of that certificate, PEM.', 'OTEL_EXPORTER_OTLP_CLIENT_KEY'),
}

/** How long a command waits for the Collector. */
export const timeoutOption: Option<number> = option(
  'N',
  'How long to wait for the audit receiver, and for what follows from it.',
  wholeNumber({ default: 60, min: 1, max: 3_600 }),
)

function file(about: string, env: string): Option<string | undefined> {
  return option('FILE', about, text<string | undefined>({ env, default: undefined }))
}
