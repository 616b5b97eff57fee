import { createRemoteJWKSet, errors, jwtVerify } from 'jose'

/** Who is asking, as the token says. */
export interface Caller {
  readonly userId: string
  readonly scopes: readonly string[]
}

/** Why a caller was not believed; each is a value of a label. */
export const FAILURE_REASONS = [
  'missing_token',
  'expired',
  'wrong_signature',
  'wrong_claim',
  'unreadable',
] as const

export type FailureReason = (typeof FAILURE_REASONS)[number]

/** The caller did not prove who they are. */
export class AuthenticationError extends Error {
  override readonly name = 'AuthenticationError'
  readonly reason: FailureReason

  constructor(reason: FailureReason, options?: ErrorOptions) {
    super(`authentication failed: ${reason}`, options)
    this.reason = reason
  }
}

/** Checks tokens against a set of keys that is fetched and kept. */
export interface Authentication {
  /** @throws {AuthenticationError} for the value of an `Authorization` header that proves nothing */
  verify(authorization: string | undefined): Promise<Caller>
  /** The cache of keys, for the health check. */
  readonly keys: ReturnType<typeof createRemoteJWKSet>
}

/** Makes the check of bearer tokens. */
export function createAuthentication(
  jwksUrl: string,
  rules: { readonly issuer: string; readonly audience: string },
): Authentication {
  const keys = createRemoteJWKSet(new URL(jwksUrl), { timeoutDuration: 2_000 })
  return {
    keys,
    async verify(authorization) {
      const token = /^Bearer (\S+)$/i.exec(authorization ?? '')?.[1]
      if (token === undefined) throw new AuthenticationError('missing_token')
      try {
        const { payload } = await jwtVerify(token, keys, { ...rules, algorithms: ['EdDSA'] })
        const { sub = '', scope } = payload
        return { userId: sub, scopes: typeof scope === 'string' ? scope.split(' ') : [] }
      } catch (error) {
        if (!(error instanceof errors.JOSEError)) throw error
        throw new AuthenticationError(toReason(error), { cause: error })
      }
    },
  }
}

function toReason(error: errors.JOSEError): FailureReason {
  if (error instanceof errors.JWTExpired) return 'expired'
  if (error instanceof errors.JWSSignatureVerificationFailed) return 'wrong_signature'
  if (error instanceof errors.JWKSNoMatchingKey) return 'wrong_signature'
  if (error instanceof errors.JWTClaimValidationFailed) return 'wrong_claim'
  return 'unreadable'
}
