import { REDACTED } from './redacted.ts'

const QUOTE = `(?:\\\\{0,7}["'])?`
const SIGN = `${QUOTE}\\s{0,3}[:=]\\s{0,3}`

/** `"name": "password", "value": "…"`, and the same in XML, YAML and as Node.js prints objects. */
const NAMED_VALUE = new RegExp(
  `\\b((?:name|key|header)${SIGN}${QUOTE})([\\w.-]{2,64})(${QUOTE}(?:,\\s{0,40}|\\s{1,40})${QUOTE}(?:value|args)${SIGN})` +
    `(?!null|undefined|true|false|\\[{1,2}redacted\\])(?:(\\\\{1,7}["'])[^"'\\\\]*|(")(?:[^"\\\\]|\\\\[^])*|(')(?:[^'\\\\]|\\\\[^])*|(\\[)[^\\]]{0,1024}|[^\\s"'\`,;&<>(){}[\\]|\\\\]+)`,
  'gi',
)

/** The text without values that stand beside the name of a secret. */
export function replaceNamedValues(text: string, isSecretName: (name: string) => boolean): string {
  return text.replace(NAMED_VALUE, (found, before, name: string, between, ...opening) =>
    isSecretName(name)
      ? `${before}${name}${between}${opening.slice(0, 4).join('')}${REDACTED}`
      : found,
  )
}
