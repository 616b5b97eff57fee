/** What a word ends with, as bits. */
export const ENDS = {
  /** The name of a secret. */
  name: 1,
  /** The name of a signature, which is one within an address. */
  signature: 2,
  /** What may be the prefix of a token, before its `_`, `-` or `.`. */
  token: 4,
  /** What stands beside a name: `value`, `args`. */
  value: 8,
} as const

/** The letters, and whatever is none. */
const LETTERS = 27

const A = 97
const Z = 122

/** How the prefixes of tokens end, by three characters; those that are no letters stand for all that are none. */
const TOKEN_ENDINGS = `
  ghp gho ghu ghs ghr pat ptt lrt ldt cbt lft oat imt oas rys ryu lsa glc rak mak ntn gsk ems tkn .pw ret hvb hvr ive est sec npm pss pca ppa .v1 api sbp app ypi hvs .sg .sk .hf spx age a29
`
  .trim()
  .split(/\s+/)

/** Prefixes of two letters, which may stand behind what is encoded, as in `%3Dsk-`, or behind the letter of an escape. */
const OF_TWO_LETTERS = ['sk', 'sg', 'hf'].flatMap((prefix) =>
  Array.from('abcdefnrt', (letter) => `${letter}${prefix}`),
)

/** Letters that may be the last of `xoxb-`. */
const OF_SLACK = Array.from({ length: LETTERS - 1 }, (_, index) => String.fromCharCode(A + index))

/** A table of how names of secrets end, by their last three letters, and prefixes of tokens. */
export function toSecretEndings(names: Iterable<string>): Uint8Array {
  const endings = new Uint8Array(LETTERS ** 3)
  const add = (name: string, what: number): void => {
    endings[endingAt(name, name.length - 1)]! |= what
  }
  for (const name of names) addName(endings, name, ENDS.name)
  for (const name of ['value', 'args']) addName(endings, name, ENDS.value)
  for (const name of ['sig', 'signature']) add(name, ENDS.signature)
  for (const ending of [...TOKEN_ENDINGS, ...OF_TWO_LETTERS]) add(ending, ENDS.token)
  for (const letter of OF_SLACK) add(`ox${letter}`, ENDS.token)
  return endings
}

/** What a text up to `index` ends with, as it stands there. */
export function endingBefore(text: string, index: number, endings: Uint8Array): number {
  return endings[endingAt(text, index)]!
}

/** What the name that ends at `index` may be, as bits; signs and digits in it do not count. */
export function nameBefore(text: string, index: number, endings: Uint8Array): number {
  const last = letterAt(text, index)
  const middle = letterAt(text, index - 1)
  const first = letterAt(text, index - 2)
  const ending =
    last !== 0 && middle !== 0 && first !== 0
      ? (first * LETTERS + middle) * LETTERS + last
      : endingOfName(text, index)
  return ending === ENCODED ? ENDS.name : endings[ending]! & (ENDS.name | ENDS.value)
}

/** Of a name that has `%5D` in it, which are no letters of it: it has to be looked at as a whole. */
const ENCODED = -1

/** The place in the table of the last three letters of the name, with nothing for those that it does not have. */
function endingOfName(text: string, index: number): number {
  let ending = 0
  let weight = 1
  for (let at = index; at >= 0 && weight < LETTERS ** 3; at -= 1) {
    const code = text.charCodeAt(at)
    if (code === PERCENT) return ENCODED
    const letter = toLetter(code)
    if (letter !== 0) {
      ending += letter * weight
      weight *= LETTERS
    } else if (!isWithinName(code)) break
  }
  return ending
}

const PERCENT = 37

/** Digits, `_`, `-` and `.`. */
function isWithinName(code: number): boolean {
  return (code >= 48 && code <= 57) || code === 95 || code === 45 || code === 46
}

/** Adds the last three letters of a name; behind one of fewer there may stand any others. */
function addName(endings: Uint8Array, name: string, what: number): void {
  let ending = 0
  let weight = 1
  for (let at = name.length - 1; at >= 0 && weight < LETTERS ** 3; at -= 1) {
    const letter = letterAt(name, at)
    if (letter === 0) continue
    ending += letter * weight
    weight *= LETTERS
  }
  for (let at = ending; at < endings.length; at += weight) endings[at]! |= what
}

/** The place in the table of the three characters up to `index`. */
function endingAt(text: string, index: number): number {
  return (
    (letterAt(text, index - 2) * LETTERS + letterAt(text, index - 1)) * LETTERS +
    letterAt(text, index)
  )
}

function letterAt(text: string, index: number): number {
  return toLetter(text.charCodeAt(index))
}

/** From 1; 0 for what is no letter. */
function toLetter(code: number): number {
  const letter = code | 32
  return letter >= A && letter <= Z ? letter - A + 1 : 0
}
