import { REDACTED } from './redacted.ts'

type IsSecretName = (name: string) => boolean

/**
 * `name=`, `"name": ` and the like. What it may be the name of comes next; what the value may be depends on the signs between.
 * Behind an `=` at the end of a line only a quote may go on: what has no value there must not cost the next line.
 */
const NAME =
  /(?<![\w.%-])([\w.%-]{1,128})(\\{0,7}["'`[\]]{0,3}\s{0,3}(?:(?:={1,3}>?|:=)(?:\s{0,3}(?=\\{0,7}["'`])|[^\S\r\n]{0,3})|:\s{0,3}))/g

/** A value, in quotes, in quotes of a text within a text, or bare. */
const VALUE =
  /(?:(\\{1,7}["'])([^"'\\]*)|(")((?:[^"\\]|\\[^])*)|(['`])([^'`]*)|([^\s"'`,;&#<>(){}[\]|\\]+))/y

/** The words of BIP 39, from 12 to 24. */
const PHRASE = /(?:[a-z]{3,8}[ ,]{1,2}){11,23}[a-z]{3,8}(?![a-z])/y

/** What stands for a value in a statement or a template, or says that there is none. */
const NO_VALUE =
  /^(?:[$?:@*].{0,64}|%[a-z]?|null|undefined|true|false|none|nil|bearer|basic|digest|negotiate|process\.env\.\w{1,64}|\d{1,6}(?:\.\d{1,6})?[mnu]?s)$/i

/** What `fetch` is told about credentials. */
const FETCH_MODE = /^(?:include|omit|same-origin)$/

/** That of a package with this name. */
const VERSION = /^[~^]?\d{1,5}\.\d{1,5}\.\d{1,5}[\w.+-]{0,64}$/

/** Line and column, behind the name of a file. */
const PLACE = /^\d{1,7}:\d{1,7}$/

/** What stands before the name of a secret in AWS, which is none itself. */
const ARN = /:secretsmanager:[\w-]{0,32}:\d{0,12}:$/

/** Words that make the name of a secret of `key`. */
const OF_KEY = /(?<![\w-])(?:api|access|secret|private|encryption|signing) $/i

/** The numbers on the back of a card are shorter than other secrets. */
const CARD_CODE = /^cv[cv]2?$/i

/**
 * The text without values beside the name of a secret.
 *
 * Not one pattern with the value in it: the value of an open name may have pairs in it, as a URL has, or a text in JSON.
 */
export function replacePairs(text: string, isSecretName: IsSecretName): string {
  let clean = ''
  let copied = 0
  NAME.lastIndex = 0
  for (let name = NAME.exec(text); name !== null; name = NAME.exec(text)) {
    if (!isSecretAt(text, name, isSecretName)) continue
    VALUE.lastIndex = NAME.lastIndex
    const value = toPhrase(text, name) ?? VALUE.exec(text)
    if (value === null || !isValue(value, name)) continue
    const quote = value[1] ?? value[3] ?? value[5] ?? ''
    clean += `${text.slice(copied, value.index)}${quote}${REDACTED}`
    copied = value.index + value[0].length
    NAME.lastIndex = copied
  }
  return copied === 0 ? text : clean + text.slice(copied)
}

/** The words of a phrase that is a key; elsewhere a value without quotes ends at a space. */
function toPhrase(text: string, name: RegExpExecArray): RegExpExecArray | null {
  if (!/(?:mnemonic|phrase)$/i.test(name[1]!)) return null
  PHRASE.lastIndex = NAME.lastIndex
  return PHRASE.exec(text)
}

/** Whether a word without quotes may be a secret where a sentence could stand as well. */
export function isUnlikeProse(value: string): boolean {
  return value.length >= 20 || (value.length >= 4 && /[\d~+/=!@#$%^*]/.test(value))
}

function isSecretAt(text: string, found: RegExpExecArray, isSecretName: IsSecretName): boolean {
  const { index } = found
  const name = toPlainName(found[1]!)
  if (/^keys?$/i.test(name) && OF_KEY.test(text.slice(Math.max(0, index - 12), index))) return true
  // In JSON a line that begins with a name has the `n` of its `\n` before it.
  const isEscaped = text[index - 1] === '\\' && /^[nrt]/.test(name)
  if (!isSecretName(name) && !(isEscaped && isSecretName(name.slice(1)))) return false
  return !ARN.test(text.slice(Math.max(0, index - 64), index))
}

function isValue(value: RegExpExecArray, [, name, between]: readonly string[]): boolean {
  // The words of a phrase.
  if (value.length === 1) return true
  const bare = value[7]
  const content = value[2] ?? value[4] ?? value[6] ?? bare ?? ''
  if (content === '' || content.startsWith(REDACTED) || NO_VALUE.test(content)) return false
  if (/cookie$/i.test(name!) && VERSION.test(content)) return false
  if (/^credentials$/i.test(name!) && FETCH_MODE.test(content)) return false
  if (bare === undefined) return true
  if (between === ':') return !PLACE.test(bare)
  if (!/\s$/.test(between!)) return true
  // The next name of a list.
  if (/[\r\n]/.test(between!) && bare.endsWith(':')) return false
  return isUnlikeProse(bare) || (CARD_CODE.test(name!) && /^\d{3}$/.test(bare))
}

/** `user%5Bpassword%5D` is the member of an object. */
function toPlainName(name: string): string {
  return name.includes('%') ? name.replaceAll(/%5[bd]/gi, '.').replace(/\.$/, '') : name
}
