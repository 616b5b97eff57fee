import { text, type SettingsOf } from '../config/setting.ts'

/** Settings of error reporting to Sentry, which needs the package `@sentry/core` in the application. */
export interface SentryOptions {
  /** Where errors are reported to; it holds a key. Default: nowhere. */
  dsn?: string | undefined
  /** Environment that events belong to. Default: the resource's `deployment.environment.name`, else Sentry's own default. */
  environment?: string | undefined
  /** Release that events belong to. Default: `service.name@service.version`. */
  release?: string | undefined
}

export const sentrySettings = {
  dsn: text<string | undefined>({
    env: 'SENTRY_DSN',
    default: undefined,
    secret: true,
    rule: 'a URL such as https://KEY@HOST/PROJECT',
    accepts: isDsn,
  }),
  environment: text<string | undefined>({ env: 'SENTRY_ENVIRONMENT', default: undefined }),
  release: text<string | undefined>({ env: 'SENTRY_RELEASE', default: undefined }),
} satisfies SettingsOf<SentryOptions>

/** As Sentry's library reads it, which would print what it cannot read, with the key. */
const DSN = /^https?:\/\/\w+(?::\w*)?@(?:\[[\w.:%]+\]|[\w.-]+)(?::\d+)?\/(?:[^?#]*\/)?\d+$/

function isDsn(text: string): boolean {
  return DSN.test(text) && URL.canParse(text)
}
