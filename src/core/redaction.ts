import { scanForSecrets, toNameEndings } from './secret-scan.ts'
import { REDACTED, SECRET_SHAPES } from './secret-shapes.ts'

export { REDACTED } from './secret-shapes.ts'

/** Keeps secrets out of logs and audit records. */
export interface Redaction {
  /** Whether a value under this name is a secret, whatever it is. */
  isSecret(name: string): boolean
  /** The text with every secret in it replaced that has a known shape; the same one when there is none. */
  text(text: string): string
}

/** Names of secrets, without the signs that divide their words. */
export const SECRET_NAMES: readonly string[] = `
  accesskey accesstoken apikey apitoken auth authorization authtoken awssecretaccesskey bearer bearertoken clientsecret connectsid cookie credential
  credentials csrftoken idtoken jwt passphrase passwd password privatekey proxyauthorization pwd refreshtoken secret secretaccesskey secretkey
  sessiontoken setcookie sharedsecret signingkey token xapikey xauthtoken xcsrftoken xsrftoken
`
  .trim()
  .split(/\s+/)

/** Endings that make a secret of any name: `newPassword`, `webhook_secret`. */
export const SECRET_ENDINGS: readonly string[] = `
  accesstoken apikey idtoken passphrase passwd password privatekey refreshtoken secret secretaccesskey webhookurl
`
  .trim()
  .split(/\s+/)

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
  const endings = toNameEndings([...secrets, ...SECRET_ENDINGS])
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
      const found = scanForSecrets(text, endings)
      if (found === 0) return text
      let clean = text
      for (const shape of SECRET_SHAPES) {
        if (found & shape.bit) clean = shape.replace(clean, judge)
      }
      return clean
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
  if (typeof value === 'number') return isSecretNumber(value, redaction) ? REDACTED : value
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value
  if (Array.isArray(value)) {
    const items = value.map((item) => redactValue(item, redaction))
    return items.some((item, index) => item !== value[index]) ? items : value
  }
  let same = true
  const members = Object.entries(value).map(([key, member]): [string, unknown] => {
    const clean: [string, unknown] = [redaction.text(key), redactMember(key, member, redaction)]
    same &&= clean[0] === key && clean[1] === member
    return clean
  })
  return same ? value : Object.fromEntries(members)
}

/** Smaller numbers have fewer digits than a card. */
const SMALLEST_CARD = 1e12

/** Whether a number is a secret: a card number that was not kept as text. */
export function isSecretNumber(value: number, redaction: Redaction): boolean {
  if (value < SMALLEST_CARD || !Number.isSafeInteger(value)) return false
  const text = String(value)
  return redaction.text(text) !== text
}

/** A value under its name; what is missing stays so. */
export function redactMember(name: string, value: unknown, redaction: Redaction): unknown {
  if (value === undefined || value === null) return value
  return redaction.isSecret(name) ? REDACTED : redactValue(value, redaction)
}

function withoutSigns(name: string): string {
  return name.toLowerCase().replaceAll(/[\s_.-]/g, '')
}
