import type { JWK } from 'jose'
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

const publicKey = z.string().transform((text, context): JWK => {
  try {
    const key: JWK = JSON.parse(text)
    if (typeof key.kty === 'string' && !('d' in key)) return key
  } catch {
    // Says the same: neither the text nor a part of it.
  }
  context.addIssue('must be a public key as JWK ("kty" given, private part "d" not)')
  return z.NEVER
})

const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const

const Variables = z.object({
  HOST: z.string().default('127.0.0.1'),
  PORT: wholeNumber(0, 65_535).default(3000),
  LOG_LEVEL: z
    .enum(LOG_LEVELS, {
      error: ({ input }) => `must be one of ${LOG_LEVELS.join(', ')}; got ${JSON.stringify(input)}`,
    })
    .default('info'),
  DATABASE_URL: url('postgres:', 'postgresql:'),
  REDIS_URL: url('redis:', 'rediss:'),
  CHAIN_URL: url('http:', 'https:'),
  /** How long one call to the chain may take; a claim is held for 30 s, within which chain and audit trail must have answered. */
  CHAIN_TIMEOUT_MILLIS: wholeNumber(1, 15_000).default(10_000),
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
