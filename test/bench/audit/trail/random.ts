/** Numbers from 0 up to 1 that look random and are the same in every run: mulberry32. */
export function createRandom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** So many hexadecimal digits. */
export function hexDigits(random: () => number, count: number): string {
  let digits = ''
  while (digits.length < count) {
    digits += Math.floor(random() * 2 ** 32)
      .toString(16)
      .padStart(8, '0')
  }
  return digits.slice(0, count)
}

/** A UUIDv7 of this moment; ids made with rising counters sort in the order in which they were made. */
export function toUuidV7(millis: number, counter: number, random: () => number): string {
  const time = millis.toString(16).padStart(12, '0')
  const rest = hexDigits(random, 15)
  const count = (counter & 0xfff).toString(16).padStart(3, '0')
  return `${time.slice(0, 8)}-${time.slice(8)}-7${count}-8${rest.slice(0, 3)}-${rest.slice(3)}`
}
