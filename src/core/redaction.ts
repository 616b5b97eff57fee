/** What takes the place of a secret. */
export const REDACTED = '[redacted]'

/** Keeps secrets out of logs and audit records. */
export interface Redaction {
  /** Whether a value under this name is a secret, whatever it is. */
  isSecret(name: string): boolean
  /** The text with every token in it replaced; the same one when there is none. */
  text(text: string): string
}

/** Names of secrets, without the signs that divide their words. */
export const SECRET_NAMES: readonly string[] = `
  accesskey accesstoken apikey apitoken auth authorization authtoken bearer bearertoken clientsecret connectsid cookie credential
  credentials csrftoken idtoken jwt passphrase passwd password privatekey proxyauthorization pwd refreshtoken secret secretkey
  sessiontoken setcookie sharedsecret signingkey token xapikey xauthtoken xcsrftoken xsrftoken
`
  .trim()
  .split(/\s+/)

/** Endings that make a secret of any name: `newPassword`, `webhook_secret`. */
export const SECRET_ENDINGS: readonly string[] = `
  accesstoken apikey idtoken passphrase passwd password privatekey refreshtoken secret
`
  .trim()
  .split(/\s+/)

/**
 * Bearer tokens, and JSON Web Tokens, which begin with the base64 of `{"`, wherever they stand.
 *
 * A short word of letters behind `Bearer` is taken for prose. Every part ends where the next cannot begin again, so that no text
 * takes long to search.
 */
const TOKENS =
  /\bBearer\s{1,8}(?:(?=[a-z./-]*[\d_~+])[\w.~+/-]{8,}|[\w.~+/-]{20,})=*|(?<![\w-])eyJ[\w-]{4,}\.[\w-]{4,}\.[\w-]*/gi

/** What every token has in it, whatever the case: in a text without it there is nothing to hide. Source of a regular expression. */
export const TOKEN_SIGNS = 'eyJ|bearer'

/** Length of the shortest text with a token in it: `eyJ` and 4 characters, a dot, 4 more, a dot. */
const SHORTEST_TOKEN = 13

/** Names that are remembered at the most; services use few, but a map with user input as keys has any number. */
const MAX_REMEMBERED = 2_000
const MAX_REMEMBERED_LENGTH = 128

/**
 * Creates the rules by which secrets are found: by name, and in texts by their shape.
 *
 * Names are compared whatever their case and the signs between their words; of a dotted name the last part counts as well, so that
 * `http.request.header.x-api-key` is found.
 *
 * @param moreNames - names of secrets besides the known ones
 */
export function createRedaction(moreNames: readonly string[] = []): Redaction {
  const secrets = new Set([...SECRET_NAMES, ...moreNames.map(withoutSigns)])
  const remembered = new Map<string, boolean>()
  const judge = (name: string): boolean => {
    const last = withoutSigns(name.slice(name.lastIndexOf('.') + 1))
    return (
      secrets.has(last) ||
      secrets.has(withoutSigns(name)) ||
      SECRET_ENDINGS.some((ending) => last.endsWith(ending))
    )
  }
  return {
    isSecret(name) {
      const known = remembered.get(name)
      if (known !== undefined) return known
      const verdict = judge(name)
      if (remembered.size < MAX_REMEMBERED && name.length <= MAX_REMEMBERED_LENGTH) {
        remembered.set(name, verdict)
      }
      return verdict
    },
    text(text) {
      if (text.length < SHORTEST_TOKEN) return text
      // Two searches for a few letters cost less than one for all the forms that a token can have.
      if (!text.includes('eyJ') && !/bearer/i.test(text)) return text
      return text.replace(TOKENS, (found) =>
        /^bearer/i.test(found) ? `Bearer ${REDACTED}` : REDACTED,
      )
    },
  }
}

/**
 * A value without its secrets: the same one if it has none, else a copy.
 *
 * @param value - plain data without cycles
 */
export function redactValue(value: unknown, redaction: Redaction): unknown {
  if (typeof value === 'string') return redaction.text(value)
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value
  if (Array.isArray(value)) {
    const items = value.map((item) => redactValue(item, redaction))
    return items.some((item, index) => item !== value[index]) ? items : value
  }
  const members = Object.entries(value).map(([key, member]): [string, unknown] => [
    key,
    redactMember(key, member, redaction),
  ])
  const same = members.every(([key, member]) => member === (value as Record<string, unknown>)[key])
  return same ? value : Object.fromEntries(members)
}

/** A value under its name; what is missing stays so. */
export function redactMember(name: string, value: unknown, redaction: Redaction): unknown {
  if (value === undefined || value === null) return value
  return redaction.isSecret(name) ? REDACTED : redactValue(value, redaction)
}

function withoutSigns(name: string): string {
  return name.toLowerCase().replaceAll(/[\s_.-]/g, '')
}
