/** Kinds of characters, as bits: a secret of each shape has characters of certain kinds in it, or is none. */
export const KIND = {
  equals: 1,
  colon: 2,
  line: 4,
  dash: 8,
  dot: 16,
  slash: 32,
  quote: 64,
  less: 128,
  percent: 256,
  upperA: 512,
  upperJ: 1_024,
  /** The letters `b` and `B`. */
  b: 2_048,
  /** Letters of which every prefix of a token has one that ends with `-` or `.`. */
  prefix: 4_096,
  upper: 8_192,
  lower: 16_384,
  /** Whatever is no letter, digit, `_` or `-`. */
  other: 32_768,
  /** Needs an escape in JSON, or may be nothing that UTF-8 can carry. */
  escaped: 65_536,
  /** As many digits as a card number begins with, wherever they stand. */
  digits: 131_072,
} as const

/** What a text has of which nothing is known. */
export const ALL_KINDS = 262_143

const CARD_DIGITS = 12

/** Beyond the kinds the digits are counted. */
const DIGIT_SHIFT = 20

/** Beyond ASCII all characters are alike. */
const BEYOND = 128

const KIND_OF = new Int32Array(BEYOND + 1).fill(KIND.other)

const LETTERS = 'abcdefghijklmnopqrstuvwxyz'
const DIGITS = '0123456789'

for (const character of `${LETTERS}${LETTERS.toUpperCase()}${DIGITS}_-`) {
  KIND_OF[character.charCodeAt(0)] = 0
}
const mark = (characters: string, kind: number): void => {
  for (const character of characters) KIND_OF[character.charCodeAt(0)]! |= kind
}
mark(LETTERS, KIND.lower)
mark(LETTERS.toUpperCase(), KIND.upper)
mark(DIGITS, 1 << DIGIT_SHIFT)
mark('=', KIND.equals)
mark(':', KIND.colon)
mark('_', KIND.line)
mark('-', KIND.dash)
mark('.', KIND.dot)
mark('/', KIND.slash)
mark("'", KIND.quote)
mark('<', KIND.less)
mark('%', KIND.percent)
mark('A', KIND.upperA)
mark('J', KIND.upperJ)
mark('bB', KIND.b)
mark('gkqvxyGKX', KIND.prefix)
mark('"\\', KIND.escaped)
for (let code = 0; code < 32; code += 1) KIND_OF[code]! |= KIND.escaped
KIND_OF[BEYOND]! |= KIND.escaped

/** The kinds of characters in a text; for a short one cheaper than to search it for each. */
export function kindsOf(text: string): number {
  const { length } = text
  let kinds = 0
  let digits = 0
  for (let index = 0; index < length; index += 1) {
    const code = text.charCodeAt(index)
    const kind = KIND_OF[code < BEYOND ? code : BEYOND]!
    kinds |= kind
    digits += kind >>> DIGIT_SHIFT
  }
  return (kinds & ALL_KINDS) | (digits < CARD_DIGITS ? 0 : KIND.digits)
}
