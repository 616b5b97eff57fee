import { randomFillSync } from 'node:crypto'

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/** Random bytes for many ids at once: asking for them costs far more than copying them. */
const pool = Buffer.alloc(16 * 256)
let used = pool.length

/** Whether `text` is a UUID in its hyphenated form, of any version. */
export function isUuid(text: string): boolean {
  return UUID.test(text)
}

/** A UUIDv7 (RFC 9562, 5.7): 48 bits of Unix milliseconds, then 74 random bits. */
export function createUuidV7(nowMillis: number): string {
  if (used === pool.length) {
    randomFillSync(pool)
    used = 0
  }
  const start = used
  used += 16
  pool.writeUIntBE(nowMillis, start, 6)
  pool[start + 6] = 0x70 | (pool[start + 6]! & 0x0f)
  pool[start + 8] = 0x80 | (pool[start + 8]! & 0x3f)
  const hex = pool.toString('hex', start, start + 16)
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}
