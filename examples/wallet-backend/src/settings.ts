import type { JWK } from 'jose'
import { z } from 'zod'

const flag = z
  .enum(['true', 'false'], {
    error: ({ input }) => `must be true or false; got ${JSON.stringify(input)}`,
  })
  .transform((text) => text === 'true')

/** A whole number from so much to so much. */
const wholeNumber = (
  min: number,
  max: number,
): z.ZodPipe<z.ZodString, z.ZodTransform<number, string>> =>
  z.string().transform((text, context) => {
    const value = /^\d+$/.test(text) ? Number(text) : NaN
    if (value >= min && value <= max) return value
    context.addIssue(`must be a whole number from ${min} to ${max}; got ${JSON.stringify(text)}`)
    return z.NEVER
  })

/** A URL; not the value itself is said: it may hold a password. */
const url = (...protocols: readonly string[]): z.ZodString =>
  z.string().refine((text) => protocols.includes(URL.parse(text)?.protocol ?? ''), {
    error: `must be a URL that starts with ${protocols.map((each) => `${each}//`).join(' or ')}`,
  })

const Ed25519Key = z.looseObject({
  kty: z.literal('OKP'),
  crv: z.literal('Ed25519'),
  x: z.string(),
  d: z.string(),
})

/** Keys by their id; what is wrong with the text is not said in the parser's words, which have private keys in them. */
const keys = z.string().transform((text, context): Readonly<Record<string, JWK>> => {
  const problem = 'must be a JSON object of private JWKs (Ed25519) by their id'
  try {
    const parsed = z.record(z.string().min(1), Ed25519Key)
    return parsed.parse(JSON.parse(text))
  } catch {
    context.addIssue({ code: 'custom', message: problem })
    return z.NEVER
  }
})

const Variables = z
  .object({
    /** The `env` of the metrics, and what alerts say first. */
    APP_ENV: z.string().default('development'),
    APP_VERSION: z.string().default('1.0.0'),
    HOST: z.string().default('127.0.0.1'),
    PORT: wholeNumber(0, 65_535).default(3004),
    DATABASE_URL: url('postgres:', 'postgresql:'),
    REDIS_URL: url('redis:', 'rediss:'),

    /** Of the people in the example; without it nobody can log in. */
    WALLET_PASSWORD: z.string().min(8, 'must have 8 characters at least').optional(),
    /** Folder of the backups. */
    BACKUP_DIRECTORY: z.string().default('backups'),

    /** Keys to begin with, as a JSON object of private JWKs (Ed25519) by their id; without it a first key is made. */
    JWT_KEYS: keys.prefault('{}'),
    /** Which of them signs; the others are as good as retired. */
    ACTIVE_JWT_KID: z.string().default(''),
    TOKEN_LIFETIME_SECONDS: wholeNumber(1, 86_400).default(900),
    JWT_ROTATION_INTERVAL_MILLIS: wholeNumber(50, 86_400_000).default(300_000),
    JWT_ROTATION_ALERT_ON_ERROR: flag.default(true),
    JWT_ROTATION_ALERT_ON_RETRY: flag.default(false),

    SLACK_ALERTING_ENABLED: flag.default(false),
    /** A secret: whoever knows it can write into the channel. */
    SLACK_WEBHOOK_URL: z.string().default(''),
    SLACK_MAX_ALERTS_PER_HOUR: wholeNumber(1, 10_000).default(10),
    SLACK_TIMEOUT_SECONDS: wholeNumber(1, 60).default(10),
    /** Requests that fail within a minute before people are told. */
    CRITICAL_ERRORS_PER_MINUTE: wholeNumber(1, 10_000).default(10),
  })
  .refine((settings) => !settings.SLACK_ALERTING_ENABLED || isWebhook(settings.SLACK_WEBHOOK_URL), {
    path: ['SLACK_WEBHOOK_URL'],
    error: `must be an address of Slack's webhooks (https://hooks.slack.com/services/T…/B…/…) when SLACK_ALERTING_ENABLED is true`,
  })
  .refine(({ JWT_KEYS, ACTIVE_JWT_KID: kid }) => kid === '' || Object.hasOwn(JWT_KEYS, kid), {
    path: ['ACTIVE_JWT_KID'],
    error: 'must be the id of one of JWT_KEYS',
  })
  .refine(({ JWT_KEYS, ACTIVE_JWT_KID: kid }) => kid !== '' || Object.keys(JWT_KEYS).length === 0, {
    path: ['ACTIVE_JWT_KID'],
    error: 'must say which of JWT_KEYS signs',
  })

/** A path of this form is a secret that redaction knows; another one would be in the span of each alert. */
function isWebhook(text: string): boolean {
  return /^https?:\/\/[^\s/?#@]+\/services\/T[A-Z0-9]{2,}\/B[A-Z0-9]{2,}\/[A-Za-z0-9]{6,}$/.test(
    text,
  )
}

/** Everything the service is told from outside; what metrics are told is in telemetry.ts. */
export type Settings = z.infer<typeof Variables>

/** The settings cannot be used; the message lists every problem, one per line. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError'
}

/**
 * Reads the settings from environment variables; an empty one counts as unset.
 *
 * @throws {SettingsError} with all problems at once
 */
export function readSettings(variables: NodeJS.ProcessEnv): Settings {
  const given = Object.fromEntries(Object.entries(variables).filter(([, value]) => value !== ''))
  const { data, error } = Variables.safeParse(given, { error: toMissing })
  if (data) return data
  throw new SettingsError(
    error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('\n'),
  )
}

/** What zod would call an input of type undefined. */
function toMissing({ input }: { readonly input?: unknown }): string | undefined {
  return input === undefined ? 'must be set' : undefined
}
