import { ALL_KINDS, KIND, kindsOf } from './character-kinds.ts'
import { MAY_HAVE } from './secret-bits.ts'
import {
  aroundColons,
  aroundDashes,
  aroundEquals,
  aroundSlashes,
  beforeEach,
  beforeQuotes,
  aroundUpperS,
  beforeUpperJ,
} from './secret-signs.ts'

/** Length of the shortest text with a secret in it: `pwd=` and a character. */
const SHORTEST = 5

/** Up to this length a look at every character costs less than the searches that it saves. */
const SHORT = 128

/** Length of the secret that belongs to an AWS access key id. */
const AWS_SECRET_LENGTH = 40

const SCHEME = /bearer|basic/i

/** `:` or `=`, encoded once or twice. */
const ENCODED_SIGN = /%(?:25)?3[ad]/i
const CARD =
  /[2-6]\d{3}(?:[ ._+\u00a0\u2009\u2010-\u2015-]{0,2}|%20)\d{4,6}(?:[ ._+\u00a0\u2009\u2010-\u2015-]{0,2}|%20)\d{4,5}/
/** Ids of AWS, and the tokens that have no sign behind their prefix. */
const WITH_UPPER_A = /A[KS]IA|AIza|ATATT/

/**
 * Which secrets a text may contain, in a time that hardly counts: what is named has to be looked for, what is not is not there.
 *
 * Nearly every secret has a sign in it that is rare in other texts, and tells by what stands around it. Searching for a sign
 * costs least, a pattern of long words without repetition little, one for all shapes many times as much; and in a short text
 * even the searches for signs are too many. `npm run bench -- logger` measures it.
 *
 * @param endings - of the names of secrets, by {@link toSecretEndings}
 */
export function scanForSecrets(text: string, endings: Uint8Array): number {
  if (text.length < SHORTEST) return 0
  return scanKinds(text, text.length <= SHORT ? kindsOf(text) : ALL_KINDS, endings)
}

/** Whether one look is enough to see that a text has no secrets, and nothing that JSON escapes. */
export function isPlainText(text: string, endings: Uint8Array): boolean {
  if (text.length > SHORT) return false
  const kinds = kindsOf(text)
  return (kinds & KIND.escaped) === 0 && scanKinds(text, kinds, endings) === 0
}

function scanKinds(text: string, kinds: number, endings: Uint8Array): number {
  let found = 0
  if (kinds & KIND.equals) found |= aroundEquals(text, endings)
  if (kinds & KIND.colon) found |= aroundColons(text, endings)
  if (kinds & KIND.line) found |= beforeEach('_', text, endings)
  if (kinds & KIND.dot && kinds & KIND.prefix) found |= beforeEach('.', text, endings)
  if (kinds & KIND.dash && (kinds & (KIND.prefix | KIND.other) || text.startsWith('-'))) {
    found |= aroundDashes(text, endings)
  }
  if (kinds & KIND.slash) found |= aroundSlashes(text)
  if (kinds & KIND.upperJ) found |= beforeUpperJ(text)
  if (kinds & KIND.quote) found |= beforeQuotes(text)
  if (kinds & KIND.upperA && WITH_UPPER_A.test(text)) found |= MAY_HAVE.awsKeyId | MAY_HAVE.token
  if (kinds & KIND.b && kinds & KIND.other && SCHEME.test(text)) found |= MAY_HAVE.scheme
  if (kinds & KIND.digits && CARD.test(text)) found |= MAY_HAVE.card
  if (text.length >= AWS_SECRET_LENGTH && kinds & KIND.upper) {
    found |= kinds & KIND.lower ? withinLongWords(text) : aroundUpperS(text)
  }
  if (kinds & KIND.less && text.includes('<') && text.includes('</')) found |= MAY_HAVE.element
  if (kinds & KIND.percent && text.includes('%') && ENCODED_SIGN.test(text)) {
    found |= MAY_HAVE.encodedPair
  }
  if (kinds & KIND.colon && kinds & KIND.escaped && text.includes('"') && text.includes('kty')) {
    found |= MAY_HAVE.jwk
  }
  return found
}

/**
 * What the words of letters of base64 may be: of exactly as many as an AWS secret has, one; in a longer one there may be others.
 * Only every fortieth character is looked at: such a word cannot lie between two of them.
 */
function withinLongWords(text: string): number {
  let found = 0
  let isLonger = false
  for (let at = AWS_SECRET_LENGTH - 1; at < text.length; at += AWS_SECRET_LENGTH) {
    if (!isBase64(text.charCodeAt(at))) continue
    let start = at
    while (at - start < AWS_SECRET_LENGTH && isBase64(text.charCodeAt(start - 1))) start -= 1
    let end = at + 1
    while (end - start <= AWS_SECRET_LENGTH && isBase64(text.charCodeAt(end))) end += 1
    if (end - start === AWS_SECRET_LENGTH) found |= MAY_HAVE.awsSecret
    else if (end - start > AWS_SECRET_LENGTH) isLonger = true
  }
  return isLonger ? found | aroundUpperS(text) : found
}

function isBase64(code: number): boolean {
  const letter = code | 32
  return (letter >= 97 && letter <= 122) || (code >= 47 && code <= 57) || code === 43
}
