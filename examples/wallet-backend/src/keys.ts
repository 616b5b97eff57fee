import type { Redis } from 'ioredis'
import { exportJWK, generateKeyPair, importJWK, type JWK, jwtVerify, SignJWT } from 'jose'

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
  /** @returns whose token it is; nothing for one that proves nothing */
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
  const store = async (key: StoredKey): Promise<void> => {
    await redis.hset(KEYS, key.kid, JSON.stringify(key))
  }
  return {
    all,
    active,
    async rotate(now) {
      // Every key is read first: one that is damaged must not be found when its tokens are.
      const before = (await all()).find(({ retiredAt }) => retiredAt === undefined)
      const { privateKey } = await generateKeyPair(ALGORITHM, { extractable: true })
      const fresh = { kid: crypto.randomUUID(), jwk: await exportJWK(privateKey), createdAt: now }
      await store(fresh)
      await redis.set(ACTIVE, fresh.kid)
      if (before) await store({ ...before, retiredAt: now })
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
        const { payload } = await jwtVerify(token, async ({ kid = '' }) => {
          const key = await find(kid)
          if (!key) throw new Error('there is no such key')
          const { d: _private, ...publicPart } = key.jwk
          return importJWK(publicPart, ALGORITHM)
        })
        return payload.sub
      } catch {
        return undefined
      }
    },
  }
}

/** Puts keys from the settings there, unless there are some already. */
export async function seedKeys(redis: Redis, keysText: string, activeKid: string): Promise<void> {
  const given = JSON.parse(keysText) as Readonly<Record<string, JWK>>
  if ((await redis.exists(ACTIVE)) === 1) return
  for (const [kid, jwk] of Object.entries(given)) {
    const key: StoredKey = { kid, jwk, createdAt: Date.now() }
    await redis.hset(KEYS, kid, JSON.stringify(key))
  }
  if (activeKid in given) await redis.set(ACTIVE, activeKid)
}

function parseKey(kid: string, text: string): StoredKey {
  try {
    return JSON.parse(text) as StoredKey
  } catch {
    // Not the text, nor the parser's words about it: it holds a private key.
    throw new Error(`the key ${kid} cannot be read`)
  }
}
