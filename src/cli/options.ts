import { type Setting, flag as flagSetting, httpUrl, optional, text } from '../config/setting.ts'
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
export const auditEndpointOptions: {
  readonly endpoint: Option<string | undefined>
  readonly token: Option<string | undefined>
} = {
  endpoint: option(
    'URL',
    'Base URL of the audit receiver, which takes the record of what is done here.',
    httpUrl<string | undefined>({ env: 'TELLTALE_AUDIT_ENDPOINT', default: undefined }),
  ),
  token: option(
    'TOKEN',
    'Bearer token of the audit receiver. The variable keeps it out of the list of processes.',
    text<string | undefined>({ env: 'TELLTALE_AUDIT_TOKEN', default: undefined, secret: true }),
  ),
}
