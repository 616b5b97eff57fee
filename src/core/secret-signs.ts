import { endingBefore, ENDS, nameBefore } from './secret-endings.ts'
import { MAY_HAVE } from './secret-bits.ts'

/** Most signs between a name and its `=` or `:`: backslashes, quotes, brackets and spaces. */
const MAX_BETWEEN = 13

/** Most spaces between `PASSWORD` and the quote. */
const MAX_SPACES = 3

/** Prefixes of tokens, up to the first sign behind which the token may be. */
const TOKEN =
  /(?:gh[pousr]_|_pat_|k_live_|k_test_|whsec_|npm_|xox[a-z][.-]|xapp-|gl(?:pat|ptt|rt|dt|cbt|ft|soat|imt|oas)-|hf_|shp(?:at|ss|ca|pa)_|dop_v1_|lin_api_|sbp_|pypi-|sq0[a-z]{3}-|ya29\.|hv[sbr]\.|sk-|SG\.|GOCSPX-|AGE-|sntry[su]_|glsa_|glc_|NRAK-|PMAK-|ntn_|gsk_|bygems_|_tkn_|_pw_|secret_)$/
const LONGEST_PREFIX = 8

/** What may be there with the name of a secret, or with `value`, or with either, before a sign. */
const FOUND_BY_NAME: readonly number[] = Array.from(
  { length: (ENDS.name | ENDS.value) + 1 },
  (_, ends) =>
    (ends & ENDS.name ? MAY_HAVE.pair : 0) | (ends & ENDS.value ? MAY_HAVE.namedValue : 0),
)

/** Looks around each `=`: the name of a secret or of a signature before it. */
export function aroundEquals(text: string, endings: Uint8Array): number {
  let found = 0
  for (let at = text.indexOf('='); at !== -1; at = text.indexOf('=', at + 1)) {
    const ends = nameBefore(text, beforeSigns(text, at), endings)
    if (ends !== 0) found |= FOUND_BY_NAME[ends]!
    // ?sig= and &X-Amz-Signature=
    if (endingBefore(text, at - 1, endings) & ENDS.signature) found |= MAY_HAVE.signature
  }
  return found
}

/** Looks around each `:`: the name of a secret before it, `//` or the rest of a token behind it. */
export function aroundColons(text: string, endings: Uint8Array): number {
  let found = 0
  for (let at = text.indexOf(':'); at !== -1; at = text.indexOf(':', at + 1)) {
    const next = text.charCodeAt(at + 1)
    if (next === SLASH && text.charCodeAt(at + 2) === SLASH) found |= MAY_HAVE.url
    // 123456789:AA…
    else if (next === UPPER_A && text.charCodeAt(at + 2) === UPPER_A) found |= MAY_HAVE.token
    const ends = nameBefore(text, beforeSigns(text, at), endings)
    if (ends !== 0) found |= FOUND_BY_NAME[ends]!
  }
  return found
}

/** Looks for the prefix of a token before each sign of one kind. */
export function beforeEach(sign: '_' | '.', text: string, endings: Uint8Array): number {
  for (let at = text.indexOf(sign); at !== -1; at = text.indexOf(sign, at + 1)) {
    if (isToken(text, at, endings)) return MAY_HAVE.token
  }
  return 0
}

/** Looks around each dash: options of commands, the first line of a private key, tokens. */
export function aroundDashes(text: string, endings: Uint8Array): number {
  let found = 0
  for (let at = text.indexOf('-'); at !== -1; at = text.indexOf('-', at + 1)) {
    const before = text.charCodeAt(at - 1)
    if (isWord(before)) {
      // sq0atp-
      const isSquare = text.charCodeAt(at - 4) === ZERO && text.charCodeAt(at - 5) === LOWER_Q
      if (isSquare || isToken(text, at, endings)) found |= MAY_HAVE.token
    } else if (isLetter(text.charCodeAt(at + 1))) {
      found |= MAY_HAVE.option
      if (before === DASH && text.startsWith('BEGIN', at + 1)) found |= MAY_HAVE.privateKey
    } else if (before === DASH && text.startsWith(' BEGIN ', at + 1)) {
      found |= MAY_HAVE.privateKey
    }
  }
  return found
}

/** Looks around each slash for the paths of webhooks, and for refresh tokens of Google. */
export function aroundSlashes(text: string): number {
  let found = 0
  for (let at = text.indexOf('/'); at !== -1; at = text.indexOf('/', at + 1)) {
    const before = text.charCodeAt(at - 1)
    // 1//0…
    if (before === ONE && text.startsWith('/0', at + 1)) found |= MAY_HAVE.token
    if (before !== LOWER_S && before !== LOWER_K) continue
    if (endsWithWebhook(text, at)) found |= MAY_HAVE.webhook
  }
  return found
}

/** Whether the path up to a slash is one behind which stands the secret of a webhook. */
function endsWithWebhook(text: string, slash: number): boolean {
  switch (text.charCodeAt(slash - 2)) {
    case LOWER_E:
      return text.endsWith('/services', slash)
    case LOWER_R:
      return text.endsWith('/triggers', slash)
    case LOWER_W:
      return text.endsWith('/workflows', slash)
    case LOWER_K:
      return text.endsWith('/webhooks', slash)
    case LOWER_O:
      return text.endsWith('/IncomingWebhook', slash)
    default:
      return false
  }
}

/** Looks before each quote for the end of `PASSWORD` or `IDENTIFIED BY`. */
export function beforeQuotes(text: string): number {
  for (let quote = text.indexOf("'"); quote !== -1; quote = text.indexOf("'", quote + 1)) {
    let at = quote - 1
    while (quote - at <= MAX_SPACES && isSpace(text.charCodeAt(at))) at -= 1
    if (at === quote - 1) continue
    const last = text.charCodeAt(at) | 32
    const before = text.charCodeAt(at - 1) | 32
    if ((last === LOWER_D && before === LOWER_R) || (last === LOWER_Y && before === LOWER_B)) {
      return MAY_HAVE.statement
    }
  }
  return 0
}

/** Looks before each `J` for the beginning of a JSON Web Token. */
export function beforeUpperJ(text: string): number {
  for (let at = text.indexOf('J'); at !== -1; at = text.indexOf('J', at + 1)) {
    if (text.charCodeAt(at - 1) === LOWER_Y && text.charCodeAt(at - 2) === LOWER_E) {
      return MAY_HAVE.jwt
    }
  }
  return 0
}

/** Looks around each `S` for the beginning of a seed of Stellar, and of a key in PEM that is in base64 once more. */
export function aroundUpperS(text: string): number {
  let found = 0
  for (let at = text.indexOf('S'); at !== -1; at = text.indexOf('S', at + 1)) {
    const next = text.charCodeAt(at + 1)
    if (next >= UPPER_A && next <= UPPER_D) {
      if (SEED.test(text.slice(at + 2, at + SEED_LENGTH))) found |= MAY_HAVE.seed
    } else if (next === ZERO && text.startsWith('LS0tLS1CRUdJTi', at - 1)) {
      found |= MAY_HAVE.encodedKey
    }
  }
  return found
}

const SEED_LENGTH = 56
const SEED = /^[A-Z2-7]{54}$/

const DASH = 45
const SLASH = 47
const ZERO = 48
const ONE = 49
const NINE = 57
const UPPER_A = 65
const UPPER_D = 68
const LINE = 95
const LOWER_A = 97
const LOWER_B = 98
const LOWER_D = 100
const LOWER_E = 101
const LOWER_K = 107
const LOWER_O = 111
const LOWER_Q = 113
const LOWER_R = 114
const LOWER_S = 115
const LOWER_W = 119
const LOWER_Y = 121
const LOWER_Z = 122

function isToken(text: string, sign: number, endings: Uint8Array): boolean {
  return (
    (endingBefore(text, sign - 1, endings) & ENDS.token) !== 0 &&
    TOKEN.test(text.slice(Math.max(0, sign + 1 - LONGEST_PREFIX), sign + 1))
  )
}

/** Where a name ends that stands before quotes, brackets and spaces before a sign. */
function beforeSigns(text: string, sign: number): number {
  let at = sign - 1
  for (let skipped = 0; skipped < MAX_BETWEEN && isBetween(text.charCodeAt(at)); skipped += 1) {
    at -= 1
  }
  return at
}

/** Quotes, backslash, brackets and spaces. */
function isBetween(code: number): boolean {
  return code === 34 || code === 39 || (code >= 91 && code <= 93) || code === 96 || isSpace(code)
}

/** Spaces, and whatever is beyond ASCII and may be one. */
function isSpace(code: number): boolean {
  return code === 32 || code >= 128 || (code >= 9 && code <= 13)
}

function isLetter(code: number): boolean {
  const letter = code | 32
  return letter >= LOWER_A && letter <= LOWER_Z
}

/** What may be the end of a token's prefix, and does not stand before an option. */
function isWord(code: number): boolean {
  return isLetter(code) || (code >= ZERO && code <= NINE) || code === LINE
}
