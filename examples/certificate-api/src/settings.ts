import { z } from 'zod'

const url = (...protocols: readonly string[]): z.ZodString =>
  z.string('must be set').refine((text) => protocols.includes(URL.parse(text)?.protocol ?? ''), {
    // Not the value itself: it may hold a password.
    error: `must be a URL that starts with ${protocols.join(' or ')}//`,
  })

const Variables = z.object({
  HOST: z.string().default('127.0.0.1'),
  PORT: z.coerce.number().int().min(0).max(65_535).default(3001),
  DATABASE_URL: url('postgres:', 'postgresql:'),
  /** Connections to the database at the most. */
  DATABASE_POOL_MAX: z.coerce.number().int().min(1).max(100).default(10),
  /** AWS Private CA, or what speaks its protocol. */
  PCA_ENDPOINT: url('http:', 'https:'),
  AWS_REGION: z.string().default('eu-central-1'),
  /** Keys that tokens are checked with, as a JWK set. */
  JWKS_URL: url('http:', 'https:'),
  JWT_ISSUER: z.string().default('https://login.example.test'),
  JWT_AUDIENCE: z.string().default('certificate-api'),
  /** How often certificates and authorities are looked through, in milliseconds. */
  WATCH_INTERVAL_MILLIS: z.coerce.number().int().min(100).default(300_000),
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
  const { data, error } = Variables.safeParse(given)
  if (data) return data
  throw new SettingsError(
    error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('\n'),
  )
}
