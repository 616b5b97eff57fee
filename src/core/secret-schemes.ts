import { REDACTED } from './redacted.ts'

/**
 * What follows `Bearer` or `Basic`. A short word of letters behind `Bearer` is prose, and so is what is no `user:password` in
 * base64 behind `Basic`. In `type=bearer access_token=…` the name is no token, and what stands behind it is a pair. Every part
 * ends where the next cannot begin again, so that no text takes long to search.
 */
const SCHEME =
  /(?:\b|(?<=%(?:25)?[\dA-F]{2}|\\[nrt]))(?:Bearer(?:\s|\+|%20){1,8}((?:(?=[a-z./-]*[\d_~+])[\w.~+/-]{8,}|[\w.~+/-]{20,})(?:%(?:25)?2[BF][\w.~+/-]+)*)(=[^\s"'`,;&#<>(){}[\]|\\]*)?|Basic(?:\s|\+|%20){1,8}([\w+/-]{4,}={0,2}))/gi

/** What may be the name of a value: words, and a number at the end. Tokens have digits anywhere. */
const NAME = /^[a-z]{1,20}(?:[_.-][a-z]{1,20}){0,7}\d{0,2}$/i

/** Most signs before a value in quotes. */
const MAX_BETWEEN = 9

/** The quote before a value, and not one behind a token. */
const OPENING = /^\\{0,7}["'`][^\s\\,;:&<>)\]}]/

/** The text without what follows the schemes of authentication. */
export function replaceSchemes(text: string, isSecretName: (name: string) => boolean): string {
  return text.replace(SCHEME, (found, token, rest, basic, at: number) => {
    if (token === undefined) return replaceBasic(found, basic)
    const end = at + found.length
    return isName(token, rest, text.slice(end, end + MAX_BETWEEN), isSecretName)
      ? found
      : `Bearer ${REDACTED}`
  })
}

/** What stands under a name is looked for with the other pairs. */
function isName(
  token: string,
  rest: string | undefined,
  behind: string,
  isSecretName: (name: string) => boolean,
): boolean {
  if (!NAME.test(token)) return false
  if (rest === undefined) return /^(?:\s{0,3}:|%(?:25)?3[AD])/i.test(behind) && isSecretName(token)
  // Behind a token there is only what fills it up, and then no value in quotes.
  if (/^=+[^=]/.test(rest)) return true
  return rest === '=' && (OPENING.test(behind) || behind.startsWith('[redacted'))
}

function replaceBasic(found: string, basic: string): string {
  const decoded = Buffer.from(basic, 'base64').toString('latin1')
  return /^[ -~\u00a0-\u00ff]*:[ -~\u00a0-\u00ff]*$/.test(decoded) ? `Basic ${REDACTED}` : found
}
