import type { JWK } from 'jose'

/** Everything the service is told from outside. */
export interface Settings {
  readonly host: string
  readonly port: number
  readonly logLevel: string
  readonly databaseUrl: string
  readonly redisUrl: string
  readonly chainUrl: string
  /** How long one call to the chain may take, in milliseconds. */
  readonly chainTimeoutMillis: number
  readonly jwtPublicKey: JWK
  readonly jwtIssuer: string
  readonly jwtAudience: string
}

/** The settings cannot be used; the message lists every problem, one per line. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError'
}

/**
 * Reads the settings from environment variables.
 *
 * @throws {SettingsError} with all problems at once, so that nobody fixes them one start at a time
 */
export function readSettings(variables: NodeJS.ProcessEnv): Settings {
  const problems: string[] = []

  const text = (name: string, fallback?: string): string => {
    const value = variables[name] || fallback
    if (value === undefined) problems.push(`${name} must be set`)
    return value ?? ''
  }
  const url = (name: string, schemes: readonly string[]): string => {
    const value = text(name)
    if (value && !schemes.includes(URL.parse(value)?.protocol ?? '')) {
      // The value itself may hold a password.
      problems.push(`${name} must be a URL that starts with ${schemes.join(' or ')}//`)
    }
    return value
  }
  const wholeNumber = (name: string, fallback: number, min: number, max: number): number => {
    const value = Number(variables[name] || fallback)
    if (Number.isInteger(value) && value >= min && value <= max) return value
    problems.push(
      `${name} must be a whole number from ${min} to ${max}; got "${variables[name] ?? ''}"`,
    )
    return fallback
  }
  const publicKey = (name: string): JWK => {
    const value = text(name)
    try {
      const key: JWK = JSON.parse(value || '{}')
      if (value && (typeof key.kty !== 'string' || 'd' in key)) {
        problems.push(`${name} must be a public key as JWK ("kty" given, private part "d" not)`)
      }
      return key
    } catch {
      problems.push(`${name} must be a public key as JWK, which is JSON`)
      return {}
    }
  }

  const settings: Settings = {
    host: text('HOST', '127.0.0.1'),
    port: wholeNumber('PORT', 3000, 0, 65_535),
    logLevel: text('LOG_LEVEL', 'info'),
    databaseUrl: url('DATABASE_URL', ['postgres:', 'postgresql:']),
    redisUrl: url('REDIS_URL', ['redis:', 'rediss:']),
    chainUrl: url('CHAIN_URL', ['http:', 'https:']),
    // A claim is held for 30 s, within which chain and audit trail must have answered.
    chainTimeoutMillis: wholeNumber('CHAIN_TIMEOUT_MILLIS', 10_000, 1, 15_000),
    jwtPublicKey: publicKey('JWT_PUBLIC_KEY'),
    jwtIssuer: text('JWT_ISSUER', 'https://login.example.test'),
    jwtAudience: text('JWT_AUDIENCE', 'rewards-api'),
  }
  if (problems.length > 0) throw new SettingsError(problems.join('\n'))
  return settings
}
