import { REDACTED } from './redacted.ts'

type IsSecretName = (name: string) => boolean

/** How a name with what divides it from its value is found, and the value behind it. */
interface Named {
  readonly name: RegExp
  readonly value: RegExp
}

const LETTER = '(?:%[\\dA-F]{2}|[\\w.~+*!-])'

/** The patterns for what is encoded once, or once more. */
interface Encoded {
  readonly pair: Named
  /** Without a colon there is none of the others. */
  readonly colon: RegExp
  readonly behindColons: readonly Named[]
  readonly password: RegExp
}

function encodedWith(percent: '%' | '%25'): Encoded {
  const name = `(?<=${percent}[\\dA-F]{2}|[^\\w%-]|^)(?<name>[A-Za-z][\\w-]{0,63})`
  const quote = `(?<quote>(?:${percent}5C)?${percent}22)`
  const colon = `${percent}3A(?:${percent}20|\\+)`
  const untilAnyOf = (ends: string): string => `(?:(?!%(?:25)?(?:${ends}))${LETTER})`
  // `"token":"…"`
  const member = {
    name: new RegExp(
      `${quote}(?<name>[A-Za-z][\\w.-]{0,63})\\k<quote>(?:${colon}|${percent}3A)\\k<quote>`,
      'gi',
    ),
    value: new RegExp(`(?:(?!${percent}(?:22|5C))(?:%[\\dA-F]{2}|[^\\s%"&])){1,1024}`, 'iy'),
  }
  // `x-api-key: …`
  const header = {
    name: new RegExp(`${name}${colon}`, 'gi'),
    value: new RegExp(`${untilAnyOf('0[AD]|2[26C]')}{4,1024}`, 'iy'),
  }
  // `?token=…`
  const pair = {
    name: new RegExp(`${name}${percent}3D`, 'gi'),
    value: new RegExp(`${untilAnyOf('2[36]')}{1,1024}`, 'iy'),
  }
  // `://user:password@`
  const user = `(?:(?!${percent}(?:3A|40|2F))${LETTER}){0,128}`
  const password = `(?:(?!${percent}(?:40|2F))${LETTER}){1,256}`
  return {
    pair,
    colon: new RegExp(`${percent}3A`, 'i'),
    behindColons: [member, header],
    password: new RegExp(
      `(${percent}3A${percent}2F${percent}2F${user}${percent}3A)${password}(?=${percent}40)`,
      'gi',
    ),
  }
}

const ONCE = encodedWith('%')
const TWICE = encodedWith('%25')

/** The text without secrets in what is encoded as the value of a parameter, once or twice. */
export function replaceEncoded(text: string, isSecretName: IsSecretName): string {
  let clean = text
  for (const encoded of text.includes('%253') ? [TWICE, ONCE] : [ONCE]) {
    if (encoded.colon.test(clean)) {
      clean = clean.replace(encoded.password, `$1${REDACTED}`)
      for (const each of encoded.behindColons) clean = replaceNamed(clean, each, isSecretName)
    }
    clean = replaceNamed(clean, encoded.pair, isSecretName)
  }
  return clean
}

/** The value of an open name may have other names in it. */
function replaceNamed(text: string, { name, value }: Named, isSecretName: IsSecretName): string {
  let clean = ''
  let copied = 0
  name.lastIndex = 0
  for (let found = name.exec(text); found !== null; found = name.exec(text)) {
    if (!isSecretName(found.groups!['name']!)) continue
    value.lastIndex = name.lastIndex
    if (!value.test(text)) continue
    clean += text.slice(copied, name.lastIndex) + REDACTED
    copied = value.lastIndex
    name.lastIndex = copied
  }
  return copied === 0 ? text : clean + text.slice(copied)
}
