import { z } from 'zod'

/** A URL; not the value itself is said: it may hold a password. */
const url = (...protocols: readonly string[]): z.ZodString =>
  z.string().refine((text) => protocols.includes(URL.parse(text)?.protocol ?? ''), {
    error: `must be a URL that starts with ${protocols.map((each) => `${each}//`).join(' or ')}`,
  })

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

const Variables = z.object({
  HOST: z.string().default('127.0.0.1'),
  PORT: wholeNumber(0, 65_535).default(3002),
  DATABASE_URL: url('postgres:', 'postgresql:'),
  /** Connections to the database at the most. */
  DATABASE_POOL_MAX: wholeNumber(1, 100).default(10),
  KEYCLOAK_URL: url('http:', 'https:'),
  /** As whom Keycloak knows the platform. */
  KEYCLOAK_CLIENT_ID: z.string().default('platform'),
  PROXMOX_URL: url('http:', 'https:'),
  /** `user@realm!name=secret`. */
  PROXMOX_TOKEN: z.string(),
  /** How often cluster, billing and host are looked at, in milliseconds. */
  WATCH_INTERVAL_MILLIS: wholeNumber(100, 86_400_000).default(30_000),
})

/** Everything the service is told from outside. */
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
