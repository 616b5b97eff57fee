import type { Redis } from 'ioredis'
import { errors, exportJWK, generateKeyPair, importJWK, type JWK, jwtVerify, SignJWT } from 'jose'

/** A key that tokens are signed with, or were. */
export interface StoredKey {
  readonly kid: string
  /** With its private part. */
  readonly jwk: JWK
  readonly createdAt: number
  /** When another one took its place. */
  readonly retiredAt?: number
}

/** All keys, in Redis, so that every instance believes the same ones. */
export interface KeyStore {
  /** @throws {Error} for a key that cannot be read */
  all(): Promise<StoredKey[]>
  active(): Promise<StoredKey | undefined>
  /** Makes a key that signs from now on, and retires the one before. */
  rotate(now: number): Promise<StoredKey>
  /** Forgets keys that were retired before a time. @returns how many */
  forgetRetiredBefore(time: number): Promise<number>
  sign(subject: string, lifetimeSeconds: number): Promise<string>
  /**
   * @returns whose token it is; nothing for one that proves nothing
   * @throws {Error} when the keys cannot be read
   */
  verify(token: string): Promise<string | undefined>
}

const KEYS = 'wallet:jwt:keys'
const ACTIVE = 'wallet:jwt:active'
const ALGORITHM = 'EdDSA'

/** Makes the store. */
export function createKeyStore(redis: Redis): KeyStore {
  const all = async (): Promise<StoredKey[]> => {
    const stored = await redis.hgetall(KEYS)
    return Object.entries(stored).map(([kid, text]) => parseKey(kid, text))
  }
  const find = async (kid: string | null): Promise<StoredKey | undefined> => {
    const text = kid === null ? null : await redis.hget(KEYS, kid)
    return kid === null || text === null ? undefined : parseKey(kid, text)
  }
  const active = async (): Promise<StoredKey | undefined> => find(await redis.get(ACTIVE))
  return {
    all,
    active,
    async rotate(now) {
      // Every key is read first: one that is damaged must not be found when its tokens are.
      const before = (await all()).filter(({ retiredAt }) => retiredAt === undefined)
      const { privateKey } = await generateKeyPair(ALGORITHM, { extractable: true })
      const fresh = { kid: crypto.randomUUID(), jwk: await exportJWK(privateKey), createdAt: now }
      // All or nothing: whoever is killed here must not leave a key that nobody retires.
      const change = redis.multi().hset(KEYS, fresh.kid, JSON.stringify(fresh))
      for (const key of before) {
        change.hset(KEYS, key.kid, JSON.stringify({ ...key, retiredAt: now }))
      }
      const results = await change.set(ACTIVE, fresh.kid).exec()
      const failed = results?.find(([error]) => error !== null)
      if (!results || failed?.[0]) throw failed?.[0] ?? new Error('the keys were not changed')
      return fresh
    },
    async forgetRetiredBefore(time) {
      const old = (await all()).filter(
        ({ retiredAt }) => retiredAt !== undefined && retiredAt < time,
      )
      if (old.length > 0) await redis.hdel(KEYS, ...old.map(({ kid }) => kid))
      return old.length
    },
    async sign(subject, lifetimeSeconds) {
      const key = await active()
      if (!key) throw new Error('there is no active key')
      return new SignJWT({})
        .setProtectedHeader({ alg: ALGORITHM, kid: key.kid })
        .setSubject(subject)
        .setExpirationTime(`${lifetimeSeconds} s`)
        .sign(await importJWK(key.jwk, ALGORITHM))
    },
    async verify(token) {
      try {
        const findKey = async ({ kid = '' }: { readonly kid?: string }) => {
          const key = await find(kid)
          if (!key) throw new errors.JWKSNoMatchingKey()
          const { d: _private, ...publicPart } = key.jwk
          return importJWK(publicPart, ALGORITHM)
        }
        const { payload } = await jwtVerify(token, findKey, { algorithms: [ALGORITHM] })
        return payload.sub
      } catch (error) {
        // Keys that cannot be read are our fault, and say nothing about who asks.
        if (error instanceof errors.JOSEError) return undefined
        throw error
      }
    },
  }
}

/** Puts keys from the settings there, unless there are some already. @param activeKid - the others are retired */
export async function seedKeys(
  redis: Redis,
  given: Readonly<Record<string, JWK>>,
  activeKid: string,
): Promise<void> {
  if ((await redis.exists(ACTIVE)) === 1) return
  const now = Date.now()
  for (const [kid, jwk] of Object.entries(given)) {
    const key = { kid, jwk, createdAt: now, ...(kid !== activeKid && { retiredAt: now }) }
    await redis.hset(KEYS, kid, JSON.stringify(key satisfies StoredKey))
  }
  // Of several processes that start at once, one says which.
  if (activeKid in given) await redis.set(ACTIVE, activeKid, 'NX')
}

function parseKey(kid: string, text: string): StoredKey {
  try {
    return JSON.parse(text) as StoredKey
  } catch {
    // Not the text, nor the parser's words about it: it holds a private key.
    throw new Error(`the key ${kid} cannot be read`)
  }
}
