import { randomFillSync } from 'node:crypto'

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/** Random bytes for many ids at once: asking for them costs far more than copying them. */
const pool = Buffer.alloc(16 * 256)
let used = pool.length

const HEX_DIGITS = '0123456789abcdef'

/** Where ids are spelled, digit by digit: less than half the price of putting them together from parts. */
const text = Buffer.alloc(36, '-')

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
  let at = 0
  for (let index = 0; index < 16; index += 1) {
    const byte = pool[start + index]!
    text[at] = HEX_DIGITS.charCodeAt(byte >> 4)
    text[at + 1] = HEX_DIGITS.charCodeAt(byte & 0x0f)
    at += index === 3 || index === 5 || index === 7 || index === 9 ? 3 : 2
  }
  return text.toString('latin1')
}
