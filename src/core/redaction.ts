import { REDACTED } from './redacted.ts'
import { isPair, secretByNeighbours, secretBySiblings, secretByTurns } from './secret-members.ts'
import { toSecretEndings } from './secret-endings.ts'
import { isPlainText, scanForSecrets } from './secret-scan.ts'
import { SECRET_SHAPES } from './secret-shapes.ts'
import { isBytes } from './value-kinds.ts'

export {
  secretByNeighbours,
  secretBySiblings,
  secretByTurns,
  TELLING_SIBLINGS,
} from './secret-members.ts'
export { REDACTED } from './redacted.ts'

/** Keeps secrets out of logs and audit records. */
export interface Redaction {
  /** Whether a value under this name is a secret, whatever it is. */
  isSecret(name: string): boolean
  /** The text with every secret in it replaced that has a known shape; the same one when there is none. */
  text(text: string): string
  /**
   * Whether a text has no secrets and nothing that JSON escapes, told at once; most short texts are such. Of others it is not
   * known: false.
   */
  isPlain(text: string): boolean
}

/** Names of secrets, without the signs that divide their words. */
export const SECRET_NAMES: readonly string[] = `
  adminpass auth authkey bearer clientassertion clientkeydata codeverifier connectsid cookie cookies credential cvc cvc2 cvv cvv2 dbpass
  jsessionid jwt jwtkey jwtkeys mailpass mnemonic otp passcode pgpass phpsessid recoveryphrase redispass rootpass secretkeybase seedphrase
  setcookie sharedaccesssignature signedcookies smtppass token totp userpass xamzsignature xcsrftoken xgoogsignature xsrftoken
`
  .trim()
  .split(/\s+/)

/** Endings that make a secret of any name: `password`, `newPassword`, `webhook_secret`, `apiKey2`. */
export const SECRET_ENDINGS: readonly string[] = `
  accesskey accesstoken accesstokens accountkey apikey apikeys apitoken authorization authtoken bearertoken bottoken credentials csrftoken
  deploytoken encryptionkey githubpat githubtoken gitlabtoken identitytoken idtoken idtokens jobtoken logintoken masterkey npmtoken
  passphrase passwd password passwordconfirmation passwordhash passwords privatekey privatekeypem privatekeys privatetoken pwd refreshtoken
  refreshtokens resettoken secret secretkey secretkeys secrets secrettoken securitytoken sessioncookie sessiontoken signingkey slacktoken
  vaulttoken verificationtoken webhookurl
`
  .trim()
  .split(/\s+/)

/** Names that are remembered at the most; services use few, but a map with user input as keys has any number. */
const MAX_REMEMBERED = 2_000
const MAX_REMEMBERED_LENGTH = 128
const MAX_NAME_LENGTH = 1_024

/**
 * Creates the rules by which secrets are found: by name, and in texts by their shape.
 *
 * Names are compared whatever their case and the signs between their words; of a path the last part that is no index counts as
 * well, so that `http.request.header.x-api-key.0` and `user[password]` are found.
 *
 * @param moreNames - names of secrets besides the known ones
 */
export function createRedaction(moreNames: readonly string[] = []): Redaction {
  const secrets = new Set([...SECRET_NAMES, ...moreNames.map(withoutSigns)])
  const endings = toSecretEndings([...secrets, ...SECRET_ENDINGS])
  const remembered = new Map<string, boolean>()
  const judge = (name: string): boolean => {
    // Longer ones are texts; what is secret in them is found by its shape.
    const known = name.length > MAX_NAME_LENGTH ? name.slice(-MAX_NAME_LENGTH) : name
    const last = withoutSigns(lastPart(known))
    const base = last.replace(/\d+$/, '')
    return (
      secrets.has(last) ||
      secrets.has(withoutSigns(known)) ||
      SECRET_ENDINGS.some((ending) => base.endsWith(ending))
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
    isPlain: (text) => isPlainText(text, endings),
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
  if (typeof value !== 'object' || value === null) return value
  if (isBytes(value)) return redactBytes(value, redaction)
  if (Array.isArray(value)) return redactItems(value, redaction)
  const hidden = secretBySiblings(value, redaction.isSecret)
  let same = true
  const members = Object.entries(value).map(([key, member]): [string, unknown] => {
    const clean: [string, unknown] = [
      redaction.text(key),
      hidden?.has(key) ? hide(member) : redactMember(key, member, redaction),
    ]
    same &&= clean[0] === key && clean[1] === member
    return clean
  })
  return same ? value : Object.fromEntries(members)
}

function redactItems(items: readonly unknown[], redaction: Redaction): readonly unknown[] {
  const hidden = secretByNeighbours(items, redaction.isSecret)
  const clean = items.map((item, index) =>
    hidden?.has(index) ? hideItem(item) : redactValue(item, redaction),
  )
  return clean.some((item, index) => item !== items[index]) ? clean : items
}

/** An item that is secret by its neighbours: of a name with its value the value. */
export function hideItem(item: unknown): unknown {
  return isPair(item) ? [item[0], hide(item[1])] : hide(item)
}

function redactBytes(bytes: Uint8Array, redaction: Redaction): unknown {
  return areSecretBytes(bytes, redaction) ? REDACTED : bytes
}

/** Whether there is a secret in bytes: they are searched as the text that they may be. */
export function areSecretBytes(bytes: Uint8Array, redaction: Redaction): boolean {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
  return redaction.text(text) !== text
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
  if (redaction.isSecret(name)) return REDACTED
  // As Node.js gives the headers of a request: names and values in turns.
  return name === 'rawHeaders' && Array.isArray(value)
    ? redactInTurns(value, redaction)
    : redactValue(value, redaction)
}

function redactInTurns(items: readonly unknown[], redaction: Redaction): unknown[] {
  const hidden = secretByTurns(items, redaction.isSecret)
  return items.map((item, index) =>
    hidden?.has(index) ? hideItem(item) : redactValue(item, redaction),
  )
}

function hide(value: unknown): unknown {
  return value === undefined || value === null ? value : REDACTED
}

/** Of `user[password]`, `data.token` and `passwords.0` what says what the value is. */
function lastPart(name: string): string {
  const parts = name.split(/[.[\]:/]/).filter((part) => part !== '' && !/^\d+$/.test(part))
  return parts.at(-1) ?? ''
}

function withoutSigns(name: string): string {
  return name.toLowerCase().replaceAll(/[^\p{L}\p{N}]/gu, '')
}
