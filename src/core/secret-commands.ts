import { REDACTED } from './redacted.ts'
import { isUnlikeProse } from './secret-pairs.ts'

type IsSecretName = (name: string) => boolean

/** `--password hunter2`, as a command that failed is quoted. */
const OPTION =
  /(?<![\w-])--?([A-Za-z][\w-]{1,63})(\s{1,3})(?:"([^"]{1,256})"|'([^']{1,256})'|([^\s"'-]\S{0,255}))/g

/** `'--password', 'hunter2'`, as its arguments are printed. */
const ARGUMENT =
  /(\\{0,7}["'])(--?(?!no-)[A-Za-z][\w-]{1,63})(\1,\s{0,40}\1)([^"'\\-][^"'\\]{0,255})/g

const HAS_COMMAND = /\b(?:curl|mysql|redis-cli|sshpass|login)/

/** What curl is told of users and cookies. */
const CURL_USER =
  /(\s(?:-[uU]|--user|--proxy-user)[\s=]{0,3}["']?[^\s:"']{1,64}:)(?<=\bcurl\b[^\r\n]{0,400})[^\s"']{1,256}/g
const CURL_COOKIE = /(\s(?:-b|--cookie)\s{1,3})(?:"[^"=]*=[^"]*"|'[^'=]*=[^']*'|[^\s"'=]+=\S+)/g
const CURL_HEADER =
  /(\s(?:-H|--header)\s{0,3}(["'])([\w-]{1,64}):\s{0,3})((?:(?!\2)[^\r\n]){1,1024})/g

/** Options of one letter that are a password in these commands. */
const PASSWORD =
  /(\b(?:redis-cli\b[^\r\n]{0,200}?\s-a\s|sshpass\s{1,3}-p|(?:docker|podman|helm\sregistry)\s{1,3}login\b[^\r\n]{0,200}?\s-p\s|mysql(?:dump|admin|import)?\b[^\r\n]{0,200}?\s-p(?=\S))\s{0,3}["']?)[^\s"']{1,256}/g

/** The text without the values of options of commands that have the name of a secret, or are known to be one. */
export function replaceOptions(text: string, isSecretName: IsSecretName): string {
  const clean = text
    .replace(OPTION, (...found) => replaceOption(found, isSecretName))
    .replace(ARGUMENT, (found, quote, name: string, between) =>
      isSecretName(name) ? `${quote}${name}${between}${REDACTED}` : found,
    )
  return HAS_COMMAND.test(clean) ? replaceKnown(clean, isSecretName) : clean
}

function replaceOption(found: readonly unknown[], isSecretName: IsSecretName): string {
  const [whole, name, space, double, single, bare] = found as string[]
  const isIt =
    isSecretName(name!) && (bare === undefined || (isUnlikeProse(bare) && !bare.startsWith('[')))
  if (!isIt || [double, single].includes(REDACTED)) return whole!
  const dashes = whole!.slice(0, whole!.indexOf(name!))
  return `${dashes}${name}${space}${REDACTED}`
}

function replaceKnown(text: string, isSecretName: IsSecretName): string {
  const clean = text.replace(PASSWORD, `$1${REDACTED}`)
  if (!clean.includes('curl')) return clean
  return clean
    .replace(CURL_USER, `$1${REDACTED}`)
    .replace(CURL_COOKIE, `$1${REDACTED}`)
    .replace(CURL_HEADER, (found, before, _quote, name: string, value: string) =>
      isSecretName(name) && !value.includes(REDACTED) ? `${before}${REDACTED}` : found,
    )
}
