import { z } from 'zod'

const flag = z.enum(['true', 'false']).transform((text) => text === 'true')

const Variables = z.object({
  HOST: z.string().default('127.0.0.1'),
  PORT: z.coerce.number().int().min(0).max(65_535).default(3003),
  DATABASE_URL: z.string().refine((text) => /^postgres(?:ql)?:\/\//.test(text), {
    // Not the value itself: it may hold a password.
    error: 'must be a URL that starts with postgres:// or postgresql://',
  }),
  /** Whether `/metrics/` is served on the port of the application. */
  METRICS_ENABLED: flag.default(false),
  /** Addresses and networks of proxies, divided by commas; only behind these X-Forwarded-For counts. */
  TRUSTED_PROXIES: z
    .string()
    .default('')
    .transform((text) => text.split(',').filter(Boolean)),
  /** Searches of all people together. */
  SEARCHES_PER_MINUTE: z.coerce.number().int().min(1).default(600),
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
