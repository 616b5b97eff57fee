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

/** What a token must say. */
export interface TokenRules {
  readonly issuer: string
  readonly audience: string
  /** How long to wait for the keys, in milliseconds. Default 2 000. */
  readonly timeoutMillis?: number
}

/** Makes the check of bearer tokens. */
export function createAuthentication(
  jwksUrl: string,
  { timeoutMillis = 2_000, ...rules }: TokenRules,
): Authentication {
  const keys = createRemoteJWKSet(new URL(jwksUrl), { timeoutDuration: timeoutMillis })
  return {
    keys,
    async verify(authorization) {
      const token = /^Bearer (\S+)$/i.exec(authorization ?? '')?.[1]
      if (token === undefined) throw new AuthenticationError('missing_token')
      try {
        const { payload } = await jwtVerify(token, keys, {
          ...rules,
          algorithms: ['EdDSA'],
          requiredClaims: ['sub', 'exp'],
        })
        const { sub = '', scope } = payload
        return { userId: sub, scopes: typeof scope === 'string' ? scope.split(' ') : [] }
      } catch (error) {
        const reason = toReason(error)
        throw reason ? new AuthenticationError(reason, { cause: error }) : error
      }
    },
  }
}

/** What is wrong with the token; nothing for an error that is not the caller's, such as keys that cannot be fetched. */
function toReason(error: unknown): FailureReason | undefined {
  if (error instanceof errors.JWTExpired) return 'expired'
  if (error instanceof errors.JWSSignatureVerificationFailed) return 'wrong_signature'
  if (error instanceof errors.JWKSNoMatchingKey) return 'wrong_signature'
  if (error instanceof errors.JWTClaimValidationFailed) return 'wrong_claim'
  const isUnreadable = UNREADABLE.some((kind) => error instanceof kind)
  return isUnreadable ? 'unreadable' : undefined
}

const UNREADABLE = [
  errors.JWSInvalid,
  errors.JWTInvalid,
  errors.JOSEAlgNotAllowed,
  errors.JOSENotSupported,
]
