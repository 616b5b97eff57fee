import { createHash } from 'node:crypto'
import { Redis } from 'ioredis'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { sessionKey } from '../rewards-api/src/sessions.ts'

/** Plays the log-in service: signs tokens, and keeps sessions in Redis. */
export interface LoginService {
  /** The key that tokens are checked with, as JWK. */
  readonly publicKey: string
  /**
   * Logs a user in and answers their token.
   *
   * @param lifetime - in words; `-1 minute` makes one that has expired
   * @param claims - who signs, and for whom, if it is not for rewards-api
   */
  logIn(
    userId: string,
    lifetime?: string,
    claims?: { readonly issuer?: string; readonly audience?: string },
  ): Promise<string>
  /** Ends a user's session; the token stays as valid as it was. */
  logOut(userId: string): Promise<void>
}

const ISSUER = 'https://login.example.test'
const AUDIENCE = 'rewards-api'

/** Makes a log-in service with a key of its own. */
export async function createLoginService(redisUrl: string): Promise<LoginService> {
  const { publicKey, privateKey } = await generateKeyPair('EdDSA')
  const inRedis = async (work: (redis: Redis) => Promise<unknown>): Promise<void> => {
    const redis = new Redis(redisUrl)
    await work(redis).finally(() => redis.disconnect())
  }
  return {
    publicKey: JSON.stringify(await exportJWK(publicKey)),
    logIn: async (userId, lifetime = '12 hours', { issuer = ISSUER, audience = AUDIENCE } = {}) => {
      const session = { userId, stellarAddress: toStellarAddress(userId) }
      await inRedis(async (redis) => redis.set(sessionKey(userId), JSON.stringify(session)))
      return new SignJWT({ sid: userId })
        .setProtectedHeader({ alg: 'EdDSA' })
        .setSubject(userId)
        .setIssuer(issuer)
        .setAudience(audience)
        .setExpirationTime(lifetime)
        .sign(privateKey)
    },
    logOut: async (userId) => inRedis(async (redis) => redis.del(sessionKey(userId))),
  }
}

// Has the shape of an address, and is always the same for the same person.
function toStellarAddress(userId: string): string {
  const digits = createHash('sha512').update(userId).digest()
  return `G${[...digits.subarray(0, 55)].map((byte) => BASE32[byte % 32]).join('')}`
}

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
