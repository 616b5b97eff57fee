/** Chance that can be repeated from its seed. */
export interface Random {
  /** From 0 up to, but not including, 1. */
  next(): number
  /** A whole number, both ends included. */
  between(least: number, most: number): number
  pick<Value>(values: readonly Value[]): Value
}

/** Creates a generator (mulberry32): the same seed and name give the same numbers on every machine. */
export function createRandom(seed: number, name = ''): Random {
  let state = seed >>> 0
  // Each fault has its own numbers, so that one alone meets the same ones as in the whole campaign.
  for (const character of name) {
    state = (Math.imul(state ^ (character.codePointAt(0) ?? 0), 0x01000193) + 0x9e37) >>> 0
  }
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  return {
    next,
    between: (least, most) => least + Math.floor(next() * (most - least + 1)),
    pick: (values) => values[Math.floor(next() * values.length)]!,
  }
}
