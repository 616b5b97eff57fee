import { REDACTED } from './redacted.ts'

const ANY = /authorization|cookie/i

/** In JSON a line that begins with a name has the `n` of its `\n` before it. */
const NAME = '(?:\\b|(?<=\\\\[nrt]))((?:proxy-)?authorization|(?:set-)?cookie)'

/** Headers whose whole value is the secret. What ends with `;` may go on in the next line, if that is indented. */
const HEADER = new RegExp(
  `${NAME}(["']?\\s{0,3}:\\s{0,3}["']?)((?:=\\\\{0,7}"[^"\\r\\n]*"|(?<=;[ \\t]?)(?:\\r?\\n|(?:\\\\r)?\\\\n)[ \\t]+(?=\\S)|\\\\(?![rn])|[^\\r\\n"'\\\\])+)`,
  'gi',
)

const ITEM = `(?:\\\\{1,7}"[^"\\\\]*\\\\{1,7}"|"(?:[^"\\\\]|\\\\[^])*"|'(?:[^'\\\\]|\\\\[^])*')`

/** Several of one name, as a list. */
const LIST = new RegExp(
  `${NAME}(\\\\{0,7}["']?\\s{0,3}:\\s{0,3}\\[\\s{0,40})(${ITEM}(?:\\s{0,40},\\s{0,40}${ITEM})*)`,
  'gi',
)

/** Cookies by their names, as a framework has read them. */
const MEMBERS = /\b(cookies\\{0,7}["']?\s{0,3}:\s{0,3}(?:\[[^[\]{}]{0,40}\]\s)?\{)([^{}]+)(?=\})/gi

/** The text without the values of headers that are secrets. */
export function replaceHeaders(text: string): string {
  if (!ANY.test(text)) return text
  return text
    .replace(LIST, replaceList)
    .replace(MEMBERS, (found, before: string, members: string) =>
      /:\s{0,3}\\{0,7}["'`]/.test(members) && !members.includes(REDACTED)
        ? `${before} ${REDACTED} `
        : found,
    )
    .replace(HEADER, replaceHeader)
}

function replaceHeader(found: string, name: string, between: string, value: string): string {
  if (/^(?:Bearer|Basic) \[redacted\]/.test(value)) return found
  // A statement about the header, not the header: a version is that of the package `cookie`.
  if (!/[\d=]|\S{16}/.test(value) || /^[~^]?\d+\.\d+\.\d+\b(?!.*=)/.test(value)) return found
  return `${name}${between}${REDACTED}`
}

function replaceList(found: string, name: string, between: string, items: string): string {
  if (!items.includes('=') && !/\S{20}/.test(items)) return found
  const quote = items.slice(0, /["']/.exec(items)!.index + 1)
  return `${name}${between}${quote}${REDACTED}${quote}`
}
