import { REDACTED } from './redacted.ts'

type IsSecretName = (name: string) => boolean

/** How a name with what divides it from its value is found, and the value behind it. */
interface Named {
  readonly name: RegExp
  readonly value: RegExp
}

/** `%` as it is, or encoded once more. */
const PERCENT = '%(?:25)?'
const LETTER = '(?:%[\\dA-F]{2}|[\\w.~+*!-])'
const NAME = `(?<=${PERCENT}[\\dA-F]{2}|[^\\w%-]|^)(?<name>[A-Za-z][\\w-]{0,63})`
const COLON = `${PERCENT}3A(?:${PERCENT}20|\\+)`

/** `?token=…` as the value of another parameter. */
const PAIR: Named = {
  name: new RegExp(`${NAME}${PERCENT}3D`, 'gi'),
  value: new RegExp(`(?:(?!${PERCENT}2[36])${LETTER}){1,1024}`, 'iy'),
}

/** `x-api-key: …` */
const HEADER: Named = {
  name: new RegExp(`${NAME}${COLON}`, 'gi'),
  value: new RegExp(`(?:(?!${PERCENT}(?:0[AD]|2[26C]))${LETTER}){4,1024}`, 'iy'),
}

/** `"token":"…"` */
const MEMBER: Named = {
  name: new RegExp(
    `(?<quote>(?:${PERCENT}5C)?${PERCENT}22)(?<name>[A-Za-z][\\w.-]{0,63})\\k<quote>(?:${COLON}|${PERCENT}3A)\\k<quote>`,
    'gi',
  ),
  value: new RegExp(`(?:(?!${PERCENT}(?:22|5C))(?:%[\\dA-F]{2}|[^\\s%"&])){1,1024}`, 'iy'),
}

/** `://user:password@` */
const URL_PASSWORD = new RegExp(
  `(${PERCENT}3A${PERCENT}2F${PERCENT}2F(?:(?!${PERCENT}(?:3A|40|2F))${LETTER}){0,128}${PERCENT}3A)(?:(?!${PERCENT}(?:40|2F))${LETTER}){1,256}(?=${PERCENT}40)`,
  'gi',
)

const HAS_COLON = /%(?:25)?3a/i

/** The text without secrets in what is encoded as the value of a parameter, once or twice. */
export function replaceEncoded(text: string, isSecretName: IsSecretName): string {
  if (!HAS_COLON.test(text)) return replaceNamed(text, PAIR, isSecretName)
  const kinds = [MEMBER, HEADER, PAIR]
  return kinds.reduce(
    (clean, kind) => replaceNamed(clean, kind, isSecretName),
    text.replace(URL_PASSWORD, `$1${REDACTED}`),
  )
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
