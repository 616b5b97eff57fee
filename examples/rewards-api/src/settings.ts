import type { JWK } from 'jose'
import { z } from 'zod'

const url = (...protocols: readonly string[]): z.ZodString =>
  z.string('must be set').refine((text) => protocols.includes(URL.parse(text)?.protocol ?? ''), {
    // Not the value itself: it may hold a password.
    error: `must be a URL that starts with ${protocols.join(' or ')}//`,
  })

const publicKey = z.string('must be set').transform((text, context): JWK => {
  try {
    const key: JWK = JSON.parse(text)
    if (typeof key.kty === 'string' && !('d' in key)) return key
  } catch {
    // Says the same: neither the text nor a part of it.
  }
  context.addIssue('must be a public key as JWK ("kty" given, private part "d" not)')
  return z.NEVER
})

const Variables = z.object({
  HOST: z.string().default('127.0.0.1'),
  PORT: z.coerce.number().int().min(0).max(65_535).default(3000),
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
  DATABASE_URL: url('postgres:', 'postgresql:'),
  REDIS_URL: url('redis:', 'rediss:'),
  CHAIN_URL: url('http:', 'https:'),
  /** How long one call to the chain may take; a claim is held for 30 s, within which chain and audit trail must have answered. */
  CHAIN_TIMEOUT_MILLIS: z.coerce.number().int().min(1).max(15_000).default(10_000),
  JWT_PUBLIC_KEY: publicKey,
  JWT_ISSUER: z.string().default('https://login.example.test'),
  JWT_AUDIENCE: z.string().default('rewards-api'),
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
