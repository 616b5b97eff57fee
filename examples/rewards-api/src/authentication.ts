import { SpanStatusCode, trace } from '@opentelemetry/api'
import { errors, importJWK, type JWK, type JWTPayload, jwtVerify } from 'jose'

/** Who is asking, as the token says. */
export interface Identity {
  readonly userId: string
  readonly sessionId: string
}

/** The caller did not prove who they are. */
export class AuthenticationError extends Error {
  override readonly name = 'AuthenticationError'
  readonly statusCode = 401
  /** For logs and the audit trail; the caller is told no more than "unauthorized". */
  readonly reason: string
  /** Who it was, if at least that was proven. */
  readonly identity: Identity | undefined

  constructor(
    reason: string,
    { identity, ...options }: ErrorOptions & { readonly identity?: Identity | undefined } = {},
  ) {
    super(`authentication failed: ${reason}`, options)
    this.reason = reason
    this.identity = identity
  }
}

/** Checks the value of an `Authorization` header. */
export type TokenVerifier = (authorization: string | undefined) => Promise<Identity>

/** What a token must be signed with and say. */
export interface TokenRules {
  readonly publicKey: JWK
  readonly issuer: string
  readonly audience: string
}

const tracer = trace.getTracer('rewards-api')

/** Makes the function that checks bearer tokens against the log-in service's public key. */
export async function createTokenVerifier(rules: TokenRules): Promise<TokenVerifier> {
  const key = await importJWK(rules.publicKey, 'EdDSA')

  const verify = async (authorization: string | undefined): Promise<Identity> => {
    const token = /^Bearer (\S+)$/i.exec(authorization ?? '')?.[1]
    if (token === undefined) throw new AuthenticationError('no bearer token')
    const { payload } = await jwtVerify(token, key, {
      issuer: rules.issuer,
      audience: rules.audience,
      algorithms: ['EdDSA'],
      requiredClaims: ['sub', 'sid', 'exp'],
    }).catch((error: unknown) => {
      throw new AuthenticationError(toReason(error), { cause: error, identity: provenBy(error) })
    })
    return toIdentity(payload)
  }

  // jose is not a library that OpenTelemetry instruments, so the span is ours to make.
  return async (authorization) =>
    tracer.startActiveSpan('verify JWT', async (span) => {
      try {
        return await verify(authorization)
      } catch (error) {
        const message = error instanceof Error ? error.message : 'unknown'
        span.setStatus({ code: SpanStatusCode.ERROR, message })
        throw error
      } finally {
        span.end()
      }
    })
}

function toIdentity(payload: JWTPayload): Identity {
  return { userId: payload.sub ?? '', sessionId: String(payload['sid']) }
}

// What a token claims is looked at only after its signature was found to be right.
function provenBy(error: unknown): Identity | undefined {
  const isSigned =
    error instanceof errors.JWTExpired || error instanceof errors.JWTClaimValidationFailed
  return isSigned && error.payload.sub ? toIdentity(error.payload) : undefined
}

function toReason(error: unknown): string {
  if (error instanceof errors.JWTExpired) return 'token expired'
  if (error instanceof errors.JWSSignatureVerificationFailed) return 'wrong signature'
  if (error instanceof errors.JWTClaimValidationFailed) return `claim "${error.claim}" not accepted`
  return 'token not readable'
}
