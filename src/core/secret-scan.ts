/** What a text may contain, as bits: each stands for a search that is then worth its time. */
export const MAY_HAVE = {
  jwt: 1,
  scheme: 2,
  awsKeyId: 4,
  awsSecret: 8,
  privateKey: 16,
  url: 32,
  pair: 64,
  token: 128,
  card: 256,
  webhook: 512,
  signature: 1_024,
  option: 2_048,
  element: 4_096,
  jwk: 8_192,
  encodedPair: 16_384,
  statement: 32_768,
} as const

/** Length of the shortest text with a secret in it: `pwd=` and a character. */
const SHORTEST = 5

/** From this length on a text may have more than a pair in it: a card number has 13 digits, and tokens are longer. */
const SHORTEST_TOKEN = 13

/** Length of the secret that belongs to an AWS access key id. */
const AWS_SECRET_LENGTH = 40

/** Most signs between a name and its `=` or `:`, such as quotes, brackets and spaces. */
const MAX_BETWEEN = 4

const SCHEME = /bearer|basic/i
const CARD =
  /[2-6]\d{3}[ ._\u00a0\u2009\u2010-\u2015-]{0,2}\d{4,6}[ ._\u00a0\u2009\u2010-\u2015-]{0,2}\d{4,5}/
const TOKEN = /gh[pousr]_|_pat_|k_live_|k_test_|whsec_|npm_|xox[a-z]-|xapp-|glpat-|AIza/
/** Looked for apart from those above: a pattern of all of them would take four times as long. */
const TOKEN_WITH_LINE = /hf_|shp[acst]{2}_|dop_v1_|lin_api_|sbp_/
const TOKEN_WITH_SIGN = /pypi-|sq0[a-z]{3}-|ya29\.|hvs\.|xoxe\./
const TOKEN_PREFIXES = ['ATATT', 'AGE-SECRET', 'GOCSPX-', ':AA']
const STATEMENT = /(?:password|identified by)\s{1,3}'/i

/**
 * Which secrets a text may contain, in a time that hardly counts: what is named has to be looked for, what is not is not there.
 *
 * Searching for a rare letter costs least, a pattern of long words without repetition little, one for all shapes many times as
 * much: `npm run bench -- logger` measures it.
 *
 * @param nameEndings - of the names of secrets, by {@link toNameEndings}
 */
export function scanForSecrets(text: string, nameEndings: Uint8Array): number {
  const { length } = text
  if (length < SHORTEST) return 0
  let found = scanSigns(text, '=', nameEndings) | scanSigns(text, ':', nameEndings)
  if (length < SHORTEST_TOKEN) return found
  if (text.includes('J') && text.includes('eyJ')) found |= MAY_HAVE.jwt
  if (text.includes('IA') && /A[KS]IA/.test(text)) found |= MAY_HAVE.awsKeyId
  if (text.includes('BEGIN ')) found |= MAY_HAVE.privateKey
  if (SCHEME.test(text)) found |= MAY_HAVE.scheme
  if (CARD.test(text)) found |= MAY_HAVE.card
  if (mayHaveToken(text)) found |= MAY_HAVE.token
  if (hasWordOfSecret(text)) found |= MAY_HAVE.awsSecret
  if (text.includes('--')) found |= MAY_HAVE.option
  if (text.includes('</')) found |= MAY_HAVE.element
  if (text.includes('kty')) found |= MAY_HAVE.jwk
  if (text.includes('%3')) found |= MAY_HAVE.encodedPair
  if (text.includes("'") && STATEMENT.test(text)) found |= MAY_HAVE.statement
  if (text.includes('/services/T') || text.includes('/api/webhooks/')) found |= MAY_HAVE.webhook
  return found
}

function mayHaveToken(text: string): boolean {
  if (TOKEN.test(text) || TOKEN_WITH_SIGN.test(text)) return true
  if (text.includes('_') && TOKEN_WITH_LINE.test(text)) return true
  // Two that are so short that they would make a pattern slow, and those that begin with a rare letter.
  if ((text.includes('k-') && text.includes('sk-')) || text.includes('SG.')) return true
  return TOKEN_PREFIXES.some((prefix) => text.includes(prefix))
}

/** Looks at what stands around each `=` or `:`: the name of a secret before it, or `//` behind it. */
function scanSigns(text: string, sign: string, nameEndings: Uint8Array): number {
  let found = 0
  for (let at = text.indexOf(sign); at !== -1; at = text.indexOf(sign, at + 1)) {
    if (text.charCodeAt(at + 1) === SLASH && text.charCodeAt(at + 2) === SLASH)
      found |= MAY_HAVE.url
    else if (endsName(text, at, nameEndings)) found |= MAY_HAVE.pair
    // ?sig= and &X-Amz-Signature=
    if (isSignature(text, at)) found |= MAY_HAVE.signature
    if (found === ALL) return found
  }
  return found
}

const SLASH = 47
const ALL = MAY_HAVE.url | MAY_HAVE.pair | MAY_HAVE.signature

function isSignature(text: string, sign: number): boolean {
  const before = text.charCodeAt(sign - 1) | 32
  return (
    (before === 103 && text.endsWith('ig', sign)) || (before === 101 && text.endsWith('ure', sign))
  )
}

/**
 * Whether there is a word of exactly as many letters of base64 as an AWS secret has. Only every fortieth character is looked at:
 * such a word cannot lie between two of them.
 */
function hasWordOfSecret(text: string): boolean {
  for (let at = AWS_SECRET_LENGTH - 1; at < text.length; at += AWS_SECRET_LENGTH) {
    if (!isBase64(text.charCodeAt(at))) continue
    let start = at
    while (at - start < AWS_SECRET_LENGTH && isBase64(text.charCodeAt(start - 1))) start -= 1
    let end = at + 1
    while (end - start <= AWS_SECRET_LENGTH && isBase64(text.charCodeAt(end))) end += 1
    if (end - start === AWS_SECRET_LENGTH) return true
  }
  return false
}

function isBase64(code: number): boolean {
  const letter = code | 32
  return (letter >= 97 && letter <= 122) || (code >= 47 && code <= 57) || code === 43
}

function endsName(text: string, sign: number, nameEndings: Uint8Array): boolean {
  let at = sign - 1
  for (let skipped = 0; skipped < MAX_BETWEEN && isBetween(text.charCodeAt(at)); skipped += 1)
    at -= 1
  return nameEndings[endingAt(text, at)] === 1
}

/** Space, quotes, backslash and closing brackets, `%5D` apart. */
function isBetween(code: number): boolean {
  return code === 32 || code === 34 || code === 39 || code === 92 || code === 93 || code === 96
}

/** A table of how names of secrets end, by their last three letters. */
export function toNameEndings(names: Iterable<string>): Uint8Array {
  const endings = new Uint8Array(LETTERS ** 3)
  for (const name of names) endings[endingAt(name, name.length - 1)] = 1
  // user%5Bpassword%5D=…
  endings[endingAt('%5d', 2)] = 1
  return endings
}

/** The letters, and whatever is none. */
const LETTERS = 27

/** The place in the table of the three letters up to `index`. */
function endingAt(text: string, index: number): number {
  return (
    letterAt(text, index - 2) * LETTERS * LETTERS +
    letterAt(text, index - 1) * LETTERS +
    letterAt(text, index)
  )
}

function letterAt(text: string, index: number): number {
  const letter = text.charCodeAt(index) | 32
  return letter >= 97 && letter <= 122 ? letter - 96 : 0
}
